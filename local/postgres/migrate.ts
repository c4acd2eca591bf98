/** Brings a database to the newest schema. */
import { fileURLToPath } from "node:url";
import { runner } from "node-pg-migrate";

/** The numbered plain-SQL files. */
const MIGRATIONS = fileURLToPath(new URL("../../shared/sql/migrations", import.meta.url));

/**
 * Runs the migrations that the database hasn't seen, in one transaction and in order of number. Waits if another process does the same.
 * @returns the names of those that ran
 */
export async function migrate(
  databaseUrl: string,
  log: (line: string) => void = () => {},
): Promise<string[]> {
  const done = await runner({
    databaseUrl,
    dir: MIGRATIONS,
    direction: "up",
    migrationsTable: "migrations",
    advisoryLockMode: "wait",
    log,
  });
  return done.map((migration) => migration.name);
}
