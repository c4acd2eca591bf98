/** Lists of a library when Postgres keeps one plan of a prepared statement for any values: they read no more than they give. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { gameSessions } from "#functions/library/gameSessionRows.ts";
import { resourcesIn } from "#functions/library/resourceRows.ts";
import { type TestDatabase, testDatabase } from "#local/testing/backends.ts";
import type { Sql } from "#shared/platform/sql/pool.ts";

const SPACE = `s${"1".padStart(25, "0")}`;
const PLAYER = "player";
const LIMIT = 10;

let backend: TestDatabase;
before(async () => {
  backend = await testDatabase();
  const client = await backend.pool.connect();
  try {
    // Made without the checks of foreign keys, by the owner of all tables.
    await client.query("SET session_replication_role = replica");
    await client.query(`
      INSERT INTO resources (id, job_id, space_id, kind, title, params, lease_number, completed_at)
        SELECT 'r' || lpad(n::text, 25, '0'), 'j' || lpad(n::text, 25, '0'),
          's' || lpad((CASE WHEN n <= 4000 THEN 1 ELSE 2 + n % 199 END)::text, 25, '0'),
          CASE WHEN n % 1000 = 1 THEN 'avatar' ELSE 'scene' END, 'Garden', '{}', 1, timestamptz '2026-01-01' + n * interval '1 second'
        FROM generate_series(1, 12000) AS n`);
    await client.query(`
      INSERT INTO game_sessions (resource_id, space_id, player_id, game, score, started_at, duration_seconds, sample_rate_hz, coverage)
        SELECT id, space_id, '${PLAYER}', CASE kind WHEN 'avatar' THEN 'chess' ELSE 'golf' END, 1, completed_at, 60, 90, 1
        FROM resources WHERE space_id = '${SPACE}'`);
    await client.query(
      `INSERT INTO space_members (user_id, space_id, space_type, role, joined_at) VALUES ('${PLAYER}', '${SPACE}', 'care', 'giver', now())`,
    );
    await client.query("ANALYZE resources, game_sessions");
  } finally {
    client.release(true);
  }
});
after(() => backend.drop());

/** How many rows of a table are read by work whose statements are planned without their values. */
async function rowsRead(table: string, work: (sql: Sql) => Promise<unknown>): Promise<number> {
  return backend.as("library").transaction(async (sql) => {
    await sql.query("SET LOCAL plan_cache_mode = force_generic_plan");
    const read = async () => {
      const { rows } = await sql.query<{ read: number }>(
        "SELECT (seq_tup_read + idx_tup_fetch)::int AS read FROM pg_stat_xact_user_tables WHERE relname = $1",
        [table],
      );
      return rows[0]?.read ?? assert.fail("there is no such table");
    };
    const before = await read();
    await work(sql);
    return (await read()) - before;
  });
}

for (const [what, page, found] of [
  ["the first page", {}, LIMIT + 1],
  ["a page far down", { after: ["2026-01-01T00:05:00Z", ""] }, LIMIT + 1],
  ["a page of a kind that few have", { kind: "avatar" }, 4],
  ["a page of a kind that no one has", { kind: "none" }, 0],
] as const)
  for (const spaceId of [undefined, SPACE])
    test(`${what} of ${spaceId ?? "their space"} reads what it gives`, async () => {
      const read = await rowsRead("resources", async (sql) => {
        const reader = { userId: PLAYER, spaceId };
        const rows = await resourcesIn(sql, reader, {
          limit: LIMIT,
          kind: undefined,
          after: undefined,
          ...page,
        });
        assert.equal(rows?.length, found);
      });
      // Each row is found in the order of the list, and then read as a whole.
      assert.ok(read <= 2 * found, `${read} rows were read`);
    });

for (const [game, found] of [
  [undefined, LIMIT + 1],
  ["chess", 4],
  ["none", 0],
] as const)
  test(`sessions of ${game ?? "all games"} read what they give`, async () => {
    const filter = { spaceId: SPACE, playerId: PLAYER, game, from: undefined, to: undefined };
    const read = await rowsRead("game_sessions", async (sql) => {
      const rows = await gameSessions(sql, filter, { limit: LIMIT, after: undefined });
      assert.equal(rows.length, found);
    });
    assert.ok(read <= 2 * found, `${read} rows were read`);
  });
