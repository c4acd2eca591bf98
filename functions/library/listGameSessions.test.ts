import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeCursor } from "#shared/platform/http/cursor.ts";
import { callerOf, unreached } from "#shared/platform/http/testing/caller.ts";
import { databaseGiving } from "#shared/platform/sql/testing/databaseGiving.ts";
import { listGameSessionsRoute } from "./listGameSessions.ts";
import { asMember, ID } from "./testing/rows.ts";

const metric = (channel: string, name: string, value: number | null, reason: string | null = null) => ({
  channel,
  metric: name,
  unit: name === "range" ? "deg" : "",
  value,
  reason,
});
const row = asMember({
  id: ID,
  player_id: ID,
  game: "reach",
  score: 12,
  level: "3",
  started_at: new Date("2026-03-01T10:00:00.123Z"),
  started_at_text: "2026-03-01T10:00:00.123000Z",
  duration_seconds: 61,
  sample_rate_hz: 100,
  coverage: 0.99,
  metrics: [
    metric("", "score", 12),
    metric("thumb", "sparc", null, "too_few_repetitions"),
    metric("wrist", "range", 60),
    metric("wrist", "sparc", -1.5),
  ],
});

test("a session has its metrics by channel, and the reason where there is no value", async () => {
  const db = databaseGiving([row]);
  const { status, json } = await callerOf(listGameSessionsRoute, { db })(
    "GET",
    `/v1/game-sessions?playerId=${ID}`,
  );
  assert.equal(status, 200);
  assert.deepEqual(json, {
    items: [
      {
        id: ID,
        playerId: ID,
        game: "reach",
        score: 12,
        level: "3",
        startedAt: "2026-03-01T10:00:00.123Z",
        durationSeconds: 61,
        sampleRateHz: 100,
        coverage: 0.99,
        channels: [
          { name: "thumb", metrics: { sparc: { value: null, unit: "", reason: "too_few_repetitions" } } },
          { name: "wrist", metrics: { range: { value: 60, unit: "deg" }, sparc: { value: -1.5, unit: "" } } },
        ],
      },
    ],
    nextCursor: null,
  });
});

test("a page has at most limit items; game and times reach the statement", async () => {
  const db = databaseGiving([row, row]);
  const ask = callerOf(listGameSessionsRoute, { db });
  const query = "limit=1&game=reach&from=2026-03-01T00:00:00%2B09:00&to=2026-04-01T00:00:00Z";
  const { json } = await ask("GET", `/v1/game-sessions?${query}`);
  assert.equal(json.items.length, 1);
  assert.deepEqual(decodeCursor(json.nextCursor), ["2026-03-01T10:00:00.123000Z", ID]);
  const [from, to] = [new Date("2026-02-28T15:00:00Z"), new Date("2026-04-01T00:00:00Z")];
  assert.deepEqual(db.asked.at(-1)?.slice(2), ["reach", from, to, null, null, 2]);
});

test("a query that can't be is 400, and nothing is read", async () => {
  const db = databaseGiving([]);
  const ask = callerOf(listGameSessionsRoute, { db });
  for (const query of ["playerId=x%20y", `game=${"x".repeat(65)}`, "from=yesterday", "limit=0", "cursor=x"]) {
    const { status, json } = await ask("GET", `/v1/game-sessions?${query}`);
    assert.deepEqual([status, json.code], [400, "invalid_request"], query);
  }
  assert.deepEqual(db.asked, []);
});

test("without a token it is 401, and the list is not reached", async () => {
  const ask = callerOf(listGameSessionsRoute.performing(unreached), {});
  assert.equal((await ask("GET", "/v1/game-sessions", { token: null })).status, 401);
});

test("a space that the caller isn't in is 404", async () => {
  const ask = callerOf(listGameSessionsRoute, { db: databaseGiving([]) });
  assert.equal((await ask("GET", `/v1/game-sessions?spaceId=${ID}`)).status, 404);
});
