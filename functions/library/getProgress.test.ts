import assert from "node:assert/strict";
import { test } from "node:test";
import { callerOf, PERSON, unreached } from "#shared/platform/http/testing/caller.ts";
import { databaseGiving } from "#shared/platform/sql/testing/databaseGiving.ts";
import { getProgressRoute } from "./getProgress.ts";
import { asMember, ID } from "./testing/rows.ts";

const week = (starts_on: string, median: number, n = 2) => asMember({ starts_on, median, n });

test("medians come earliest first, with the slope per week through them", async () => {
  // As the statement gives them.
  const db = databaseGiving([week("2026-03-16", 50), week("2026-03-09", 46), week("2026-03-02", 44, 5)]);
  const ask = callerOf(getProgressRoute, { db });
  const { status, json } = await ask("GET", "/v1/progress?game=reach&channel=wrist&metric=range");
  assert.equal(status, 200);
  assert.deepEqual(json, {
    items: [
      { startsOn: "2026-03-02", median: 44, n: 5 },
      { startsOn: "2026-03-09", median: 46, n: 2 },
      { startsOn: "2026-03-16", median: 50, n: 2 },
    ],
    slopePerWeek: 3,
    n: 9,
  });
  assert.deepEqual(db.asked.at(-1), ["space", PERSON, "reach", "wrist", "range", "week", 100]);
});

test("days give the same slope per week; without sessions there is none", async () => {
  const days = databaseGiving([week("2026-03-03", 3), week("2026-03-02", 1)]);
  const { json } = await callerOf(getProgressRoute, { db: days })(
    "GET",
    "/v1/progress?game=g&metric=score&bucket=day",
  );
  assert.ok(Math.abs(json.slopePerWeek - 14) < 1e-6);
});

test("a query that can't be is 400, and nothing is read", async () => {
  const db = databaseGiving([]);
  const ask = callerOf(getProgressRoute, { db });
  for (const query of ["metric=score", "game=g", "game=g&metric=a-b", "game=g&metric=score&bucket=month"]) {
    const { status, json } = await ask("GET", `/v1/progress?${query}`);
    assert.deepEqual([status, json.code], [400, "invalid_request"], query);
  }
  assert.deepEqual(db.asked, []);
});

test("without a token it is 401, and nothing is reached", async () => {
  const ask = callerOf(getProgressRoute.performing(unreached), {});
  assert.equal((await ask("GET", "/v1/progress?game=g&metric=score", { token: null })).status, 401);
});

test("a space that the caller isn't in is 404", async () => {
  const ask = callerOf(getProgressRoute, { db: databaseGiving([]) });
  assert.equal((await ask("GET", `/v1/progress?spaceId=${ID}&game=g&metric=score`)).status, 404);
});
