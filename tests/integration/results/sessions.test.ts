/** Sessions of games in SQL: rows that follow their documents, medians that follow the rows, and the routes that read both. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { getProgress } from "#functions/library/getProgress.ts";
import { listGameSessions } from "#functions/library/listGameSessions.ts";
import { hasCode } from "#shared/platform/errors.ts";
import { randomId } from "#shared/platform/ids.ts";
import { reconcileResults } from "#shared/results/reconcile.ts";
import { type Result, resourceIdOf } from "#shared/results/resultDocument.ts";
import { syncResult } from "#shared/results/syncResult.ts";
import { type Family, family, type ResultsWorld, resultsWorld, writeResult } from "./harness.ts";

let world: ResultsWorld;
let home: Family;
before(async () => {
  world = await resultsWorld();
});
after(() => world.drop());

interface Played {
  readonly startedAt: string;
  readonly score?: number;
  readonly range?: number | null;
  readonly game?: string;
  readonly playerId?: string | undefined;
  readonly jobId?: string;
}

/** A session's result, as the workshop makes it. */
function sessionOf(family: Family, played: Played): Result {
  const { startedAt, score = 10, range = 60, game = "reach", playerId = family.recipientId } = played;
  const jobId = played.jobId ?? randomId();
  const object = `spaces/${family.spaceId}/jobs/${jobId}/1/session.json`;
  const stored = world.objects.put(object, Buffer.from("{}"), "application/json");
  const { size, crc32c, generation } = stored;
  const metric = range === null ? { value: null, reason: "too_few_repetitions" } : { value: range };
  return {
    jobId,
    kind: "session",
    spaceId: family.spaceId,
    createdBy: family.giverId,
    title: "After breakfast",
    params: { game, score, startedAt, playerId },
    files: [
      {
        name: "session.json",
        role: "companion",
        object,
        contentType: "application/json",
        size,
        crc32c,
        generation,
      },
    ],
    data: {
      durationSeconds: 60,
      sampleRateHz: 100,
      coverage: 0.99,
      channels: [
        {
          name: "wrist",
          unit: "deg",
          role: "angle",
          repetitions: range === null ? 2 : 20,
          missedCues: 0,
          metrics: { range: metric, sparc: metric },
        },
      ],
    },
    leaseNumber: 1,
    completedAt: new Date("2026-03-01T10:00:00.123Z"),
  };
}

async function play(family: Family, played: Played): Promise<Result> {
  const result = sessionOf(family, played);
  await writeResult(world, result.jobId, result);
  await syncResult(result.jobId, world.deps);
  return result;
}

/** Everything in the three tables of one space, in one order. */
async function rowsOf(spaceId: string) {
  const { pool } = world.backend;
  const [sessions, metrics, progress] = await Promise.all([
    pool.query("SELECT * FROM game_sessions WHERE space_id = $1 ORDER BY resource_id", [spaceId]),
    pool.query(
      "SELECT * FROM game_session_metrics WHERE space_id = $1 ORDER BY resource_id, channel, metric",
      [spaceId],
    ),
    pool.query(
      "SELECT * FROM game_progress WHERE space_id = $1 ORDER BY player_id, game, channel, metric, bucket, starts_on",
      [spaceId],
    ),
  ]);
  return { sessions: sessions.rows, metrics: metrics.rows, progress: progress.rows };
}

const medians = async (family: Family, bucket: "day" | "week", userId = family.giverId) =>
  (
    await getProgress(
      { userId, playerId: family.recipientId, game: "reach", channel: "wrist", metric: "range", bucket },
      { db: world.backend.as("library") },
    )
  ).items.map(({ startsOn, median, n }) => [startsOn, median, n]);

test("a session has its rows, and a giver sees their recipient's", async () => {
  home = await family(world);
  const { jobId } = await play(home, { startedAt: "2026-03-02T09:30:00+01:00", score: 7, range: 58 });
  await play(home, { startedAt: "2026-03-03T08:30:00Z", range: null });
  const db = world.backend.as("library");
  const list = { userId: home.giverId, playerId: home.recipientId, limit: 20 };
  const { items, nextCursor } = await listGameSessions(list, { db });
  assert.deepEqual(items[1], {
    id: resourceIdOf(jobId),
    playerId: home.recipientId,
    game: "reach",
    score: 7,
    level: null,
    startedAt: "2026-03-02T08:30:00.000Z",
    durationSeconds: 60,
    sampleRateHz: 100,
    coverage: 0.99,
    channels: [
      {
        name: "wrist",
        metrics: {
          range: { value: 58, unit: "deg" },
          repetitions: { value: 20, unit: "" },
          sparc: { value: 58, unit: "" },
        },
      },
    ],
  });
  const few = { value: null, reason: "too_few_repetitions" };
  assert.deepEqual(items[0]?.channels, [
    {
      name: "wrist",
      metrics: {
        range: { ...few, unit: "deg" },
        repetitions: { ...few, unit: "" },
        sparc: { ...few, unit: "" },
      },
    },
  ]);
  assert.deepEqual([items.length, nextCursor], [2, null]);
  const march3 = await listGameSessions({ ...list, from: new Date("2026-03-03T00:00:00Z") }, { db });
  assert.deepEqual(march3.items, items.slice(0, 1));
  const other = await listGameSessions({ ...list, game: "another" }, { db });
  assert.deepEqual(other.items, []);

  const stranger = await family(world);
  const foreign = { userId: stranger.giverId, playerId: home.recipientId, limit: 20 };
  await assert.rejects(listGameSessions(foreign, { db }), (error) => hasCode(error, "not_found"));
  await assert.rejects(medians(home, "day", stranger.giverId), (error) => hasCode(error, "not_found"));
});

test("medians are of the player's own days and weeks, without sessions without a value", async () => {
  home = await family(world);
  await world.backend.pool.query("UPDATE users SET time_zone = 'Asia/Seoul' WHERE id = $1", [
    home.recipientId,
  ]);
  // In Seoul the Monday, 9 March, begins at 15:00Z on the 8th.
  const sessions = [
    ["2026-03-08T14:59:59Z", 10],
    ["2026-03-08T15:00:00Z", 20],
    ["2026-03-09T01:00:00Z", 40],
    ["2026-03-09T02:00:00Z", null],
    ["2026-03-10T01:00:00Z", 90],
  ] as const;
  for (const [startedAt, range] of sessions) await play(home, { startedAt, range });
  assert.deepEqual(await medians(home, "day"), [
    ["2026-03-08", 10, 1],
    ["2026-03-09", 30, 2],
    ["2026-03-10", 90, 1],
  ]);
  assert.deepEqual(await medians(home, "week"), [
    ["2026-03-02", 10, 1],
    ["2026-03-09", 40, 3],
  ]);
  // As `groups` writes it.
  const moved = "UPDATE users SET time_zone = $2 WHERE id = $1";
  await world.backend.as("groups").query(moved, [home.recipientId, "UTC"]);
  assert.deepEqual(await medians(home, "day"), [
    ["2026-03-08", 15, 2],
    ["2026-03-09", 40, 1],
    ["2026-03-10", 90, 1],
  ]);
  await world.backend.as("groups").query(moved, [home.recipientId, "Mars/Olympus"]);
  assert.equal((await medians(home, "day")).length, 3, "a zone that Postgres doesn't know counts as UTC");
});

test("shuffled, doubled and simultaneous deliveries give identical rows", async () => {
  const sessions = Array.from({ length: 24 }, (_, i) => ({
    startedAt: new Date(Date.UTC(2026, 2, 1 + (i % 4), 8, i)).toISOString(),
    range: 40 + ((i * 7) % 24),
  }));
  home = await family(world);
  const results = sessions.map((played) => sessionOf(home, played));
  for (const result of results) await writeResult(world, result.jobId, result);
  for (const { jobId } of results) await syncResult(jobId, world.deps);
  const inOrder = await rowsOf(home.spaceId);
  assert.equal(inOrder.metrics.length, 24 * 5);

  await world.backend.pool.query("DELETE FROM resources WHERE space_id = $1", [home.spaceId]);
  await world.backend.pool.query("DELETE FROM result_versions WHERE space_id = $1", [home.spaceId]);
  assert.deepEqual(await rowsOf(home.spaceId), { sessions: [], metrics: [], progress: [] });
  const shuffled = [...results, ...results].sort((a, b) => (a.jobId.slice(3) < b.jobId.slice(3) ? -1 : 1));
  await Promise.all(shuffled.map(({ jobId }) => syncResult(jobId, world.deps)));
  assert.deepEqual(await rowsOf(home.spaceId), inOrder);
});

test("a best that is beaten is announced once; a first, equal or lower score is not", async () => {
  home = await family(world);
  const best = () => world.published.filter(({ type }) => type === "best_beaten").map(({ id }) => id);
  const [before, at] = [best().length, (day: number) => `2026-03-0${day}T09:00:00Z`];
  await play(home, { startedAt: at(1), score: 10 });
  await play(home, { startedAt: at(2), score: 10 });
  await play(home, { startedAt: at(3), score: 4 });
  const { jobId } = await play(home, { startedAt: at(4), score: 11 });
  await play(home, { startedAt: at(5), score: 12, playerId: home.giverId });
  await play(home, { startedAt: at(5), score: 12, game: "another" });
  await syncResult(jobId, world.deps, "replay");
  assert.deepEqual(best().slice(before), [`${jobId}.best`]);
});

test("rows are gone with the resource, and of an erased player", async () => {
  home = await family(world);
  const { jobId } = await play(home, { startedAt: "2026-03-02T09:00:00Z", range: 50 });
  await play(home, { startedAt: "2026-03-02T10:00:00Z", range: 60 });
  await play(home, { startedAt: "2026-03-02T11:00:00Z", playerId: home.giverId });
  await world.store.firestore.doc(`results/${jobId}`).delete();
  await syncResult(jobId, world.deps);
  assert.deepEqual(await medians(home, "day"), [["2026-03-02", 60, 1]]);
  const { sessions } = await rowsOf(home.spaceId);
  assert.equal(sessions.length, 2);

  await world.backend.pool.query("DELETE FROM spaces WHERE owner_id = $1", [home.giverId]);
  await world.backend.pool.query("DELETE FROM users WHERE id = $1", [home.giverId]);
  const left = await rowsOf(home.spaceId);
  assert.deepEqual(
    left.sessions.map((row) => row.player_id),
    [home.recipientId],
  );
  assert.ok(left.progress.every((row) => row.player_id === home.recipientId));
  // Without their account there is nothing to mend.
  assert.equal((await reconcileResults(world.depsOf("sweep"))).mended, 0);
});

test("emptied tables are rebuilt by reconciliation, and a second run writes nothing", async () => {
  home = await family(world);
  for (const day of [2, 3, 4, 10])
    await play(home, { startedAt: `2026-03-${day < 10 ? "0" : ""}${day}T09:00:00Z`, range: day });
  const before = await rowsOf(home.spaceId);
  await world.backend.pool.query("TRUNCATE game_sessions, game_session_metrics");
  const { failed, changed } = await reconcileResults(world.depsOf("sweep"));
  assert.ok(changed >= 4);
  assert.equal(failed, 0);
  assert.deepEqual(await rowsOf(home.spaceId), before);

  await world.backend.pool.query(
    "DELETE FROM game_session_metrics WHERE space_id = $1 AND metric = 'range'",
    [home.spaceId],
  );
  await world.backend.pool.query("UPDATE game_sessions SET score = 99 WHERE resource_id = $1", [
    before.sessions[0].resource_id,
  ]);
  assert.equal((await reconcileResults(world.depsOf("admin"))).changed, 4);
  assert.deepEqual(await rowsOf(home.spaceId), before);
  assert.equal((await reconcileResults(world.depsOf("sweep"))).mended, 0);
});

const SESSION_TABLES = ["game_sessions", "game_session_metrics", "game_progress"];

test("for 10,000 sessions list and progress read 1.3 times the pages of 100 at most", async () => {
  const [beginner, veteran] = [await family(world), await family(world)];
  // Postgres looks at tables that have grown, by itself; its snapshot keeps this test's vacuum from marking their pages as seen by everyone.
  for (const table of ["result_versions", "resources", ...SESSION_TABLES])
    await world.backend.pool.query(`ALTER TABLE ${table} SET (autovacuum_enabled = off)`);
  await fill(beginner, 100);
  await fill(veteran, 10_000);
  // A transaction of a moment before does the same.
  for (let tries = 1; ; tries++) {
    await world.backend.pool.query(`VACUUM ANALYZE ${SESSION_TABLES.join(", ")}`);
    const [few, many] = [await pagesRead(beginner), await pagesRead(veteran)];
    if (few > 0 && many <= 1.3 * few) break;
    assert.ok(tries < 20, `${many} pages read for 10,000 sessions, ${few} for 100`);
  }
});

/** One session a day, of one channel with two metrics, written as the projection writes them. */
async function fill(of: Family, sessions: number): Promise<void> {
  const { pool } = world.backend;
  const made = "generate_series(1, $3::int) AS n";
  const id = "left(md5($1 || n::text), 26)";
  const values = [of.spaceId, of.recipientId, sessions];
  await pool.query(
    `WITH versions AS (INSERT INTO result_versions (job_id, version, state, space_id) SELECT ${id}, now(), 'synced', $1 FROM ${made} WHERE $2 <> '' RETURNING job_id)
     INSERT INTO resources (id, job_id, space_id, kind, title, params, lease_number, completed_at)
     SELECT job_id, job_id, $1, 'session', 'x', '{}', 1, now() FROM versions`,
    values,
  );
  await pool.query(
    `INSERT INTO game_sessions (resource_id, space_id, player_id, game, score, started_at, duration_seconds, sample_rate_hz, coverage)
     SELECT ${id}, $1, $2, 'reach', n, timestamptz '2026-06-01' - n * interval '1 day', 60, 100, 1 FROM ${made}`,
    values,
  );
  await pool.query(
    `INSERT INTO game_session_metrics (resource_id, channel, metric, unit, value, space_id, player_id, game, started_at)
     SELECT s.resource_id, 'wrist', metric, '', s.score, s.space_id, s.player_id, s.game, s.started_at
     FROM game_sessions s, unnest(ARRAY['range', 'sparc']) AS metric WHERE s.space_id = $1`,
    [of.spaceId],
  );
}

/** Pages of tables and indexes that the statements of both routes touch, as the library's user. */
async function pagesRead(of: Family): Promise<number> {
  const db = world.backend.as("library");
  let pages = 0;
  const counting = {
    ...db,
    async query<Row>(text: string, values?: readonly unknown[]) {
      const { rows } = await db.query<{
        "QUERY PLAN": [{ Plan: { "Shared Hit Blocks": number; "Shared Read Blocks": number } }];
      }>(`EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${text}`, values);
      const plan = rows[0]?.["QUERY PLAN"][0].Plan;
      pages += (plan?.["Shared Hit Blocks"] ?? 0) + (plan?.["Shared Read Blocks"] ?? 0);
      return await db.query<Row extends object ? Row : never>(text, values);
    },
  } as typeof db;
  const player = { userId: of.giverId, playerId: of.recipientId };
  const { items } = await listGameSessions({ ...player, limit: 20 }, { db: counting });
  assert.equal(items.length, 20);
  for (const bucket of ["day", "week"] as const) {
    const shown = { ...player, game: "reach", channel: "wrist", metric: "range", bucket };
    const { items } = await getProgress(shown, { db: counting });
    assert.ok(items.length >= 15);
  }
  return pages;
}
