/** Brings a database to the newest schema. */
import { fileURLToPath } from "node:url";
import { runner } from "node-pg-migrate";
import { withClient } from "./withClient.ts";

/** The numbered plain-SQL files. */
const MIGRATIONS = fileURLToPath(new URL("../../shared/platform/sql/migrations", import.meta.url));

/**
 * Runs the migrations that the database hasn't seen, in one transaction and in order of number. Waits if another process does the same.
 * @returns the names of those that ran
 */
export async function migrate(databaseUrl: string): Promise<string[]> {
  return withClient(databaseUrl, async (dbClient) => {
    const done = await runner({
      dbClient,
      dir: MIGRATIONS,
      direction: "up",
      migrationsTable: "migrations",
      advisoryLockMode: "wait",
      log: () => {},
    });
    return done.map((migration) => migration.name);
  });
}
