/** Each function's user may do in Postgres what its function does, and nothing else. That it may do enough is shown by every other suite. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import pg from "pg";
import { type TestDatabase, testDatabase } from "#local/testing/backends.ts";
import { type FunctionName, functions } from "#shared/manifest.ts";
import { sqlRoleOf } from "#shared/platform/sql/roles.ts";
import { grantProblems, type Privilege, type SqlUse, sqlUseOf } from "#tools/checks/sqlUse.ts";

// Object.keys forgets that the manifest's keys are exactly FunctionName.
const names = (Object.keys(functions) as FunctionName[]).filter((name) => functions[name].sqlPool > 0);
let database: TestDatabase;
let tables: string[];
before(async () => {
  database = await testDatabase();
  const { rows } = await database.pool.query<{ name: string }>(
    `SELECT relname AS name FROM pg_class
     WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> 'migrations' ORDER BY 1`,
  );
  tables = rows.map((row) => row.name);
});
after(() => database.drop());

/** What a role may do with each table, with all of it or with some of its columns. */
async function grantsOf(role: string): Promise<SqlUse> {
  const { rows } = await database.pool.query<{ table: string; privileges: Privilege[] }>(
    `SELECT c.relname AS table, array_agg(DISTINCT a.privilege_type) AS privileges
     FROM pg_class c LEFT JOIN pg_attribute t ON t.attrelid = c.oid,
       LATERAL (SELECT * FROM aclexplode(c.relacl) UNION ALL SELECT * FROM aclexplode(t.attacl)) a
     WHERE c.relnamespace = 'public'::regnamespace AND a.grantee = to_regrole($1) GROUP BY 1`,
    [role],
  );
  return Object.fromEntries(rows.map(({ table, privileges }) => [table, privileges]));
}

/** SQL that is in a bundle and that its function never runs. */
const NOT_RUN = [
  // The lock of personOf, which only groups asks for.
  "dispatch has SQL that needs UPDATE on users",
];

test("each function is granted what the SQL in its bundle needs, and nothing else", async () => {
  const compared = await Promise.all(
    names.map(async (name) => {
      const [use, granted] = await Promise.all([sqlUseOf(name, tables), grantsOf(sqlRoleOf(name))]);
      return [name, { use, granted }] as const;
    }),
  );
  const problems = grantProblems(Object.fromEntries(compared), tables);
  const unexplained = problems.filter((problem) => !NOT_RUN.some((begins) => problem.startsWith(begins)));
  assert.equal(problems.length - unexplained.length, NOT_RUN.length, "what is not run is in the bundle");
  assert.ok(compared.some(([, { use }]) => Object.keys(use).length > 10));
  assert.deepEqual(unexplained, []);
});

test("roles are those of the functions that have a pool; none can log in or do more", async () => {
  const { rows } = await database.pool.query(
    `SELECT rolname AS name, rolcanlogin OR rolsuper OR rolcreaterole OR rolcreatedb OR rolbypassrls OR rolreplication AS more
     FROM pg_roles WHERE rolname LIKE 'reverie\\_%' ORDER BY 1`,
  );
  assert.deepEqual(rows, names.map((name) => ({ name: sqlRoleOf(name), more: false })).toSorted(byName));
});
const byName = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : 1);

test("a function's user is a member of its role only, and owns nothing", async () => {
  for (const name of names) {
    const { rows } = await database.as(name).query(
      `SELECT array_agg(r.rolname::text) AS member_of, bool_or(m.admin_option OR m.set_option AND r.rolname <> $1) AS more,
         (SELECT count(*)::int FROM pg_class WHERE relowner = to_regrole(quote_ident(current_user))) AS owns
       FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.roleid WHERE m.member = to_regrole(quote_ident(current_user))`,
      [sqlRoleOf(name)],
    );
    assert.deepEqual(rows, [{ member_of: [sqlRoleOf(name)], more: false, owns: 0 }], name);
  }
});

test("a password opens the user of one function only", async () => {
  const url = new URL(database.urlOf("auth"));
  url.password = new URL(database.urlOf("library")).password;
  const client = new pg.Client({ connectionString: url.href });
  await assert.rejects(client.connect(), /password authentication failed/);
});

/** Statements that must be refused, by what a stolen function would want. */
const REFUSED: Readonly<
  Record<string, readonly (readonly [statement: string, functions: readonly string[]])[]>
> = {
  "read what opens sessions": [
    ["SELECT token_hash, attempt_hash FROM refresh_tokens", all("auth")],
    ["SELECT challenge FROM sign_in_codes", all("auth")],
    ["SELECT code_hash FROM invitations", all("groups")],
    ["SELECT code_seed FROM invitations", all("dispatch")],
  ],
  "open a session": [
    [
      "INSERT INTO sessions (id, user_id, provider, expires_at) VALUES ('x', 'x', 'google', now())",
      all("auth"),
    ],
    ["INSERT INTO refresh_tokens (token_hash) VALUES ('x')", all("auth")],
    ["UPDATE sessions SET ended_at = NULL", all("auth")],
    ["UPDATE sessions SET expires_at = now() + interval '10 years'", all()],
    ["UPDATE identities SET user_id = 'x'", all()],
    ["INSERT INTO identities (provider, subject, user_id) VALUES ('google', 'x', 'x')", all("auth")],
  ],
  "read who people are": [
    ["SELECT email FROM users", all("auth", "groups", "dispatch")],
    ["SELECT subject FROM identities", all("auth", "groups")],
    ["SELECT recipient_email FROM invitations", all("groups", "dispatch", "sweep")],
    ["SELECT push_token FROM devices", all("groups", "notify")],
    ["SELECT device_name FROM sessions", all("auth", "groups")],
    ["SELECT user_id FROM audit_log", all("groups")],
    ["SELECT body FROM idempotency_keys", all("groups", "library")],
  ],
  "read another domain": [
    ["SELECT title FROM resources", ["auth", "uploads", "jobs", "dispatch", "notify"]],
    ["SELECT object FROM resource_files", ["auth", "uploads", "jobs", "dispatch", "notify"]],
    ["SELECT title FROM vr_videos", all("groups", "library")],
    ["SELECT id FROM invitations", all("groups", "dispatch", "sweep")],
    ["SELECT type FROM badges", all("groups")],
    ["SELECT event FROM outbox", all("groups", "sweep")],
  ],
  "join or close a space": [
    [
      "INSERT INTO space_members (user_id, space_id, space_type, role, joined_at) VALUES ('x', 'x', 'care', 'giver', now())",
      all("groups", "auth"),
    ],
    ["UPDATE space_members SET space_id = 'x'", all()],
    ["DELETE FROM space_members", all("groups")],
    ["DELETE FROM spaces", all("groups")],
    ["UPDATE spaces SET owner_id = 'x'", all()],
    ["DELETE FROM users", all("groups")],
  ],
  "change or hide what happened": [
    ["UPDATE audit_log SET outcome = 'done'", all()],
    ["DELETE FROM audit_log", all("sweep")],
    ["DELETE FROM tombstones", all()],
    ["DELETE FROM erasures", all()],
    ["DELETE FROM result_versions", all()],
  ],
  "change the schema": [
    ["CREATE TABLE mine ()", all()],
    ["ALTER TABLE users ADD COLUMN more text", all()],
    ["DROP TRIGGER sessions_ended_trigger ON sessions", all()],
    ["TRUNCATE audit_log", all()],
    ["SELECT * FROM migrations", all()],
    [
      "CREATE TEMP TABLE t (id text); CREATE TRIGGER t AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION delete_devices_of_session()",
      all(),
    ],
    ["SET ROLE reverie", all()],
    ["COPY users TO PROGRAM 'true'", all()],
  ],
};

/** Every function with a pool but these. */
function all(...but: readonly FunctionName[]): FunctionName[] {
  return names.filter((name) => !but.includes(name));
}

for (const [what, rows] of Object.entries(REFUSED)) {
  test(`refused: to ${what}`, async () => {
    for (const [statement, refusedTo] of rows)
      for (const name of refusedTo)
        await assert.rejects(
          database.as(name as FunctionName).query(statement),
          { code: "42501" }, // insufficient_privilege
          `${name}: ${statement}`,
        );
  });
}

test("a session that ends takes its devices along, though auth can't delete devices", async () => {
  const { pool } = database;
  await pool.query("INSERT INTO users (id) VALUES ('u')");
  await pool.query(
    "INSERT INTO sessions (id, user_id, provider, expires_at) VALUES ('s', 'u', 'google', now() + interval '1 day')",
  );
  await pool.query(
    "INSERT INTO devices (user_id, id, session_id, platform, push_token, updated_at) VALUES ('u', 'd', 's', 'ios', 't', now())",
  );
  const auth = database.as("auth");
  await assert.rejects(auth.query("DELETE FROM devices"), { code: "42501" });
  await auth.query("UPDATE sessions SET ended_at = now(), end_reason = 'signed_out' WHERE id = 's'");
  assert.equal((await pool.query("SELECT FROM devices")).rowCount, 0);
});
