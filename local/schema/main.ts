/** `npm run schema`: writes the schema that the migrations make to shared/platform/sql/schema.sql. */
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "#local/processes/ports.ts";
import { openRun } from "#local/processes/run.ts";
import { dumpSchema } from "#tools/schema/dumpSchema.ts";
import { SCHEMA_FILE } from "#tools/schema/schemaFile.ts";
import { createDatabase, startPostgres } from "../postgres/cluster.ts";
import { migrate } from "../postgres/migrate.ts";
import { withClient } from "../postgres/withClient.ts";

const dir = mkdtempSync(join(tmpdir(), "reverie-schema-"));
const run = openRun({ logs: join(dir, "logs") });
run.removeAtEnd(dir);
try {
  const cluster = await startPostgres(run, { dataDir: join(dir, "postgres"), port: await freePort() });
  await createDatabase(cluster, "schema");
  const url = cluster.url("schema");
  await migrate(url);
  writeFileSync(SCHEMA_FILE, await withClient(url, dumpSchema));
} finally {
  await run.stop();
}
