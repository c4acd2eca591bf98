/** The users that functions log in to Postgres as: named as in production, each a member of its function's role only. */
import { createHmac } from "node:crypto";
import pg from "pg";
import { accountOf } from "#shared/access/grant.ts";
import { type FunctionName, functions } from "#shared/manifest.ts";
import { sqlRoleOf, sqlUserOf } from "#shared/platform/sql/roles.ts";
import { withClient } from "./withClient.ts";

/**
 * Makes the user of each function that uses SQL, after the migrations have made the roles. Users are the cluster's: making them again,
 * also from two processes at once, changes nothing.
 * @param ownerUrl the connection string of the user who owns the databases
 */
export async function makeLogins(ownerUrl: string, projectId: string): Promise<void> {
  await withClient(ownerUrl, async (client) => {
    for (const name of sqlFunctions) {
      const { username, password } = new URL(loginUrl(ownerUrl, projectId, name));
      const user = pg.escapeIdentifier(decodeURIComponent(username));
      await client.query(
        `DO $$ BEGIN CREATE ROLE ${user} LOGIN; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$`,
      );
      // Two processes that write one role's row at once would fail with "tuple concurrently updated".
      await client.query("BEGIN; SELECT pg_advisory_xact_lock(hashtextextended('reverie logins', 0))");
      await client.query(`ALTER ROLE ${user} PASSWORD ${pg.escapeLiteral(password)}`);
      await client.query(`GRANT ${sqlRoleOf(name)} TO ${user}`);
      await client.query("COMMIT");
    }
  });
}

/** The functions that have a pool. */
const sqlFunctions = (Object.keys(functions) as FunctionName[]) // the manifest's keys are exactly these
  .filter((name) => functions[name].sqlPool > 0);

/** The same database, for the user of a function. A password opens one function's user only. */
export function loginUrl(ownerUrl: string, projectId: string, name: FunctionName): string {
  const url = new URL(ownerUrl);
  const user = sqlUserOf(accountOf(name, projectId));
  const password = createHmac("sha256", decodeURIComponent(url.password)).update(user).digest("base64url");
  url.username = encodeURIComponent(user);
  url.password = password;
  return url.href;
}
