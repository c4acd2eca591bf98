import assert from "node:assert/strict";
import { test } from "node:test";
import { sessionParams } from "./session.ts";

const params = { game: "reach", score: 7, level: "hard", startedAt: "2026-03-01T09:00:00+09:00" };

/** Where params with these changes are at fault; undefined when they fit. */
function faultOf(changes: object): string | undefined {
  const { error } = sessionParams.safeParse({ ...params, ...changes });
  return error?.issues[0]?.path.join(".");
}

test("params of a game fit, also with a clock that was never set", () => {
  assert.equal(faultOf({}), undefined);
  assert.equal(faultOf({ level: 3, score: -0.5, startedAt: "1970-01-01T00:00:00Z" }), undefined);
});

test("params that no row can have are refused when a job is submitted", () => {
  for (const startedAt of [
    "0000-01-01T00:00:00Z",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00",
    "2026-02-30T09:00:00Z",
    "2026-03-01T09:00:00",
  ]) {
    assert.equal(faultOf({ startedAt }), "startedAt", startedAt);
  }
  for (const score of [1.7e308, -1e16, "7"]) assert.equal(faultOf({ score }), "score");
  for (const text of ["", "reach\0", "\ud800", "x".repeat(65)]) {
    assert.deepEqual([faultOf({ game: text }), faultOf({ level: text })], ["game", "level"]);
  }
});
