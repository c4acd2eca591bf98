/** What the migrations' job does: migrations, then memberships. Each part may be done again without harm. */
import pg from "pg";
import { z } from "zod";
import { settingSchemas } from "#shared/platform/config/settings.ts";
import { databaseLogin } from "#shared/platform/sql/login.ts";
import { sqlRoleOf } from "#shared/platform/sql/roles.ts";
import { runMigrations } from "./runMigrations.ts";

export const jobSettings = z.object({
  DATABASE_URL: settingSchemas.DATABASE_URL,
  DATABASE_IAM: settingSchemas.DATABASE_IAM,
  DATABASE_CA: settingSchemas.DATABASE_CA,
  /** The user of each function, as JSON. */
  DATABASE_USERS: z
    .string()
    .transform((text): unknown => JSON.parse(text))
    .pipe(z.record(z.string(), z.string())),
  /** The role that owns everything, of which the job's user is a member; the user itself unless set. */
  DATABASE_OWNER: z.string().optional(),
});

export interface Done {
  readonly migrations: readonly string[];
  /** Users that became members of their function's role. */
  readonly members: readonly string[];
}

/**
 * Migrates, then makes each function's user a member of its role and of no other function's.
 * @param dir where the migrations are
 * @param accessToken the password, when the login is by IAM
 * @throws what Postgres says; the migrations of this run are then undone
 */
export async function migrateAndGrant(
  settings: z.output<typeof jobSettings>,
  dir: string,
  accessToken: () => Promise<string>,
): Promise<Done> {
  const { host, port, user, database, password, ssl, connectionString } = databaseLogin(
    { ...settings, DATABASE_CA: settings.DATABASE_CA },
    accessToken,
  );
  const client = new pg.Client({
    ...(connectionString === undefined ? { host, port, user, database, password } : { connectionString }),
    ssl,
    application_name: "reverie-migrations",
  });
  await client.connect();
  try {
    // What a role may do is inherited by its members; that it may create roles is not.
    if (settings.DATABASE_OWNER !== undefined)
      await client.query(`SET ROLE ${pg.escapeIdentifier(settings.DATABASE_OWNER)}`);
    const migrations = await runMigrations(client, dir);
    const members: string[] = [];
    for (const [name, of] of Object.entries(settings.DATABASE_USERS))
      if (await becomesMember(client, of, sqlRoleOf(name))) members.push(of);
    return { migrations, members };
  } finally {
    await client.end();
  }
}

/**
 * @returns whether anything changed
 * @throws Error when another role was granted by someone else, who alone can revoke it
 */
async function becomesMember(client: pg.Client, user: string, role: string): Promise<boolean> {
  const name = pg.escapeIdentifier(user);
  const before = await rolesOf(client, user);
  const others = before.filter((other) => other !== role);
  for (const other of others) await client.query(`REVOKE ${pg.escapeIdentifier(other)} FROM ${name}`);
  if (!before.includes(role)) await client.query(`GRANT ${pg.escapeIdentifier(role)} TO ${name}`);
  const after = await rolesOf(client, user);
  if (after.length !== 1)
    throw new Error(`${user} is a member of ${after.join(", ")}, and only of ${role} it may be`);
  return before.join() !== after.join();
}

async function rolesOf(client: pg.Client, user: string): Promise<string[]> {
  const { rows } = await client.query<{ role: string }>(
    `SELECT DISTINCT granted.rolname::text AS role FROM pg_auth_members
       JOIN pg_roles granted ON granted.oid = roleid JOIN pg_roles member ON member.oid = pg_auth_members.member
     WHERE member.rolname = $1 AND starts_with(granted.rolname::text, 'reverie_') ORDER BY 1`,
    [user],
  );
  return rows.map(({ role }) => role);
}
