/** Starts the backends of tests, each as a throw-away. */
import { chmodSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { locateEmulators } from "../firebase/locate.ts";
import { startFirestore } from "../firebase/standalone.ts";
import { createDatabase, startPostgres } from "../postgres/cluster.ts";
import { makeLogins } from "../postgres/logins.ts";
import { migrate } from "../postgres/migrate.ts";
import { freePort, LOOPBACK } from "../processes/ports.ts";
import { openRun, type Run } from "../processes/run.ts";
import { TEMPLATE, TEST_PROJECT } from "./addresses.ts";

/** Opens a run whose logs and data are in a temporary directory and vanish with it. */
export function openTestRun(): { run: Run; dir: string } {
  const dir = mkdtempSync(join(tmpdir(), "reverie-test-"));
  chmodSync(dir, 0o711); // PostgreSQL may run as another account and must get to its data
  const run = openRun({ logs: join(dir, "logs") });
  run.removeAtEnd(dir);
  return { run, dir };
}

/** Starts PostgreSQL with the migrated template. @returns the connection string of its maintenance database */
export async function startTestPostgres(run: Run, dir: string): Promise<string> {
  const cluster = await startPostgres(run, { dataDir: join(dir, "postgres"), port: await freePort() });
  await createDatabase(cluster, TEMPLATE);
  await migrate(cluster.url(TEMPLATE));
  await makeLogins(cluster.url(TEMPLATE), TEST_PROJECT);
  return cluster.url("postgres");
}

/** Starts a Firestore emulator. @returns its `host:port` */
export async function startTestFirestore(run: Run, dir: string): Promise<string> {
  const port = await freePort();
  await startFirestore(run, await locateEmulators(run, dir), port);
  return `${LOOPBACK}:${port}`;
}
