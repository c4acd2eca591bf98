/** Brings a database to the newest schema. */
import { fileURLToPath } from "node:url";
import { runMigrations } from "#tools/migrations/runMigrations.ts";
import { withClient } from "./withClient.ts";

/** The numbered plain-SQL files. */
const MIGRATIONS = fileURLToPath(new URL("../../shared/platform/sql/migrations", import.meta.url));

/**
 * Runs the migrations that the database hasn't seen, as the deployment's job does.
 * @returns the names of those that ran
 */
export async function migrate(databaseUrl: string): Promise<string[]> {
  return withClient(databaseUrl, (client) => runMigrations(client, MIGRATIONS));
}
