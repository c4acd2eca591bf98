import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { watchEnd } from "#functions/streams/watchEnd.ts";
import { type TestDatabase, testDatabase } from "#local/testing/backends.ts";

const NOW = new Date("2026-03-01T10:00:00Z");
const SPACE = "s".repeat(26);

let database: TestDatabase;
before(async () => {
  database = await testDatabase();
  const { pool } = database;
  await pool.query("INSERT INTO users (id) VALUES ('kim'), ('lee')");
  await pool.query("INSERT INTO spaces (id, type, owner_id, created_at) VALUES ($1, 'care', 'kim', $2)", [
    SPACE,
    NOW,
  ]);
  await pool.query("INSERT INTO space_members VALUES ($1, 'care', 'kim', 'recipient', $2)", [SPACE, NOW]);
  await pool.query(
    `INSERT INTO sessions (id, user_id, provider, created_at, expires_at, ended_at, end_reason) VALUES
       ('live', 'kim', 'google', $1::timestamptz - interval '1 day', $1::timestamptz + interval '1 ms', NULL, NULL),
       ('expired', 'kim', 'google', $1::timestamptz - interval '1 day', $1, NULL, NULL),
       ('signed-out', 'kim', 'google', $1::timestamptz - interval '1 day', $1::timestamptz + interval '1 day', $1, 'signed_out'),
       ('of-lee', 'lee', 'google', $1::timestamptz - interval '1 day', $1::timestamptz + interval '1 day', NULL, NULL)`,
    [NOW],
  );
});
after(() => database.drop());

function ends(userId: string, sessionId: string, spaceId = SPACE) {
  return watchEnd(database.as("streams"), { userId, sessionId, spaceId }, NOW);
}

test("a stream goes on with a live session of a member; the end of each has its name", async () => {
  assert.equal(await ends("kim", "live"), undefined);
  for (const session of ["expired", "signed-out", "of-lee", "unknown"])
    assert.equal(await ends("kim", session), "session_ended", session);
  assert.equal(await ends("lee", "of-lee"), "not_a_member");
  assert.equal(await ends("kim", "live", "x".repeat(26)), "not_a_member");
});
