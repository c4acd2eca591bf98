import { runner } from "node-pg-migrate";
import type { ClientBase } from "pg";

/**
 * Runs the migrations that the database hasn't seen, in one transaction and in order of number. Waits if another process does the same.
 * @param dir where the numbered plain-SQL files are
 * @returns the names of those that ran
 */
export async function runMigrations(dbClient: ClientBase, dir: string): Promise<string[]> {
  const done = await runner({
    dbClient,
    dir,
    direction: "up",
    migrationsTable: "migrations",
    advisoryLockMode: "wait",
    log: () => {},
  });
  return done.map((migration) => migration.name);
}
