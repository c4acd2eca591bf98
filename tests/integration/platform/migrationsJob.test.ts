/** The migrations' job, as its image runs it: the bundle, at a database that has nothing yet. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import pg from "pg";
import { type TestDatabase, testDatabase } from "#local/testing/backends.ts";
import { buildMigrationsJob } from "#tools/build/migrationsJob.ts";

const dir = mkdtempSync(join(tmpdir(), "reverie-job-"));
const own = randomBytes(4).toString("hex");
const DATABASE = `job_${own}`;
const OWNER = `owner_${own}`;
const JOB = `job-${own}@demo.iam`;
const AUTH = `auth-${own}@demo.iam`;
const JOBS = `jobs-${own}@demo.iam`;
let backend: TestDatabase;
let url: string;
before(async () => {
  [backend] = await Promise.all([testDatabase(), buildMigrationsJob(dir)]);
  // As Cloud SQL has it: an owner that may create roles, and the job's user, who is its member.
  await backend.pool.query(`CREATE ROLE ${OWNER} NOLOGIN CREATEROLE`);
  await backend.pool.query(`CREATE ROLE "${JOB}" LOGIN PASSWORD 'job' IN ROLE ${OWNER}`);
  for (const user of [AUTH, JOBS]) await backend.pool.query(`CREATE ROLE "${user}" LOGIN`);
  await backend.pool.query(`CREATE DATABASE ${DATABASE} OWNER ${OWNER}`);
  // The functions' roles are the cluster's, and another made them here; Cloud SQL's owner makes them itself.
  await backend.pool.query(`GRANT reverie_auth, reverie_jobs, reverie_sync TO ${OWNER} WITH ADMIN OPTION`);
  const made = new URL(backend.url);
  made.pathname = `/${DATABASE}`;
  made.username = encodeURIComponent(JOB);
  made.password = "job";
  url = made.href;
});
after(async () => {
  rmSync(dir, { recursive: true, force: true });
  await backend.pool.query(`DROP DATABASE IF EXISTS ${DATABASE} WITH (FORCE)`);
  for (const user of [AUTH, JOBS, JOB, OWNER]) await backend.pool.query(`DROP ROLE IF EXISTS "${user}"`);
  await backend.drop();
});

async function run(
  users: Readonly<Record<string, string>>,
): Promise<{ migrations: string[]; members: string[] }> {
  const { stdout } = await promisify(execFile)(process.execPath, [join(dir, "index.mjs")], {
    cwd: dir,
    env: { DATABASE_URL: url, DATABASE_USERS: JSON.stringify(users), DATABASE_OWNER: OWNER },
  });
  return JSON.parse(stdout);
}

test("migrations run, then each user is a member of its role; again, nothing changes", async () => {
  const first = await run({ auth: AUTH, jobs: JOBS });
  assert.ok(first.migrations.length >= 6);
  assert.deepEqual(first.members, [AUTH, JOBS]);
  const again = await run({ auth: AUTH, jobs: JOBS });
  assert.deepEqual([again.migrations, again.members], [[], []]);
  const { rows } = await backend.pool.query(
    "SELECT pg_has_role($1, 'reverie_auth', 'member') AS own, pg_has_role($1, 'reverie_jobs', 'member') AS other",
    [AUTH],
  );
  assert.deepEqual(rows, [{ own: true, other: false }]);
});

test("a user that was another function's loses that function's role", async () => {
  await backend.pool.query(`GRANT reverie_sync TO "${AUTH}" GRANTED BY ${OWNER}`);
  await run({ auth: AUTH, jobs: JOBS });
  const { rows } = await backend.pool.query("SELECT pg_has_role($1, 'reverie_sync', 'member') AS other", [
    AUTH,
  ]);
  assert.deepEqual(rows, [{ other: false }]);
});

test("what another granted can't be revoked, and the run says so", async () => {
  await backend.pool.query(`GRANT reverie_sync TO "${AUTH}"`);
  await assert.rejects(run({ auth: AUTH }), /is a member of reverie_auth, reverie_sync/);
  await backend.pool.query(`REVOKE reverie_sync FROM "${AUTH}"`);
});

test("everything belongs to the owner, not to the job's user", async () => {
  const client = new pg.Client({ connectionString: new URL(`/${DATABASE}`, backend.url).href });
  await client.connect();
  try {
    const { rows } = await client.query(
      "SELECT DISTINCT tableowner::text AS owner FROM pg_tables WHERE schemaname = 'public'",
    );
    assert.deepEqual(rows, [{ owner: OWNER }]);
  } finally {
    await client.end();
  }
});

test("a run that fails has exit code 1, and says why without the password", async () => {
  const error = await promisify(execFile)(process.execPath, [join(dir, "index.mjs")], {
    env: { DATABASE_URL: url.replace(DATABASE, "nowhere"), DATABASE_USERS: "{}" },
  }).then(
    () => assert.fail("expected a failure"),
    (failure: { code: number; stderr: string }) => failure,
  );
  assert.equal(error.code, 1);
  assert.match(error.stderr, /nowhere/);
  assert.ok(!error.stderr.includes(":job@"));
});
