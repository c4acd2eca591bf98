/** `npm run schema`: writes the schema that the migrations make to shared/platform/sql/schema.sql. */
import { writeFileSync } from "node:fs";
import { withClient } from "#local/postgres/withClient.ts";
import { TEMPLATE } from "#local/testing/addresses.ts";
import { openTestRun, startTestPostgres } from "#local/testing/start.ts";
import { dumpSchema } from "./dumpSchema.ts";
import { SCHEMA_FILE } from "./schemaFile.ts";

const { run, dir } = openTestRun();
try {
  const url = new URL(await startTestPostgres(run, dir));
  url.pathname = `/${TEMPLATE}`;
  writeFileSync(SCHEMA_FILE, await withClient(url.href, dumpSchema));
} finally {
  await run.stop();
}
