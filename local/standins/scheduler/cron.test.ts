import assert from "node:assert/strict";
import { test } from "node:test";
import { cronTimes } from "./cron.ts";

/** The first times after a moment. */
function timesOf(text: string, after: string, count = 3): string[] {
  const next = cronTimes(text);
  const times: string[] = [];
  for (let at = new Date(after); times.length < count; ) {
    at = next(at);
    times.push(at.toISOString().slice(0, 16));
  }
  return times;
}

test("numbers, steps, ranges and lists are due at their times, in UTC", () => {
  const times = (text: string) => timesOf(text, "2026-02-27T23:50:30.500Z");
  assert.deepEqual(times("* * * * *"), ["2026-02-27T23:51", "2026-02-27T23:52", "2026-02-27T23:53"]);
  assert.deepEqual(times("*/15 * * * *"), ["2026-02-28T00:00", "2026-02-28T00:15", "2026-02-28T00:30"]);
  assert.deepEqual(times("5,50-51 0 * * *"), ["2026-02-28T00:05", "2026-02-28T00:50", "2026-02-28T00:51"]);
  assert.deepEqual(times("0 3/9 * * *"), ["2026-02-28T03:00", "2026-02-28T12:00", "2026-02-28T21:00"]);
  assert.deepEqual(times("0 0 29 2 *"), ["2028-02-29T00:00", "2032-02-29T00:00", "2036-02-29T00:00"]);
  assert.deepEqual(times("0 0 * * 7"), ["2026-03-01T00:00", "2026-03-08T00:00", "2026-03-15T00:00"]);
  assert.deepEqual(times("0 0 2 * 0"), ["2026-03-01T00:00", "2026-03-02T00:00", "2026-03-08T00:00"]);
});

test("a time that is due is not due again", () => {
  assert.deepEqual(timesOf("0 * * * *", "2026-03-01T10:00:00Z", 1), ["2026-03-01T11:00"]);
});

test("what isn't a schedule is refused", () => {
  for (const text of ["", "* * * *", "60 * * * *", "* * 0 * *", "a * * * *", "5-1 * * * *", "*/0 * * * *"])
    assert.throws(() => cronTimes(text), text);
  assert.throws(() => cronTimes("0 0 30 2 *")(new Date(0)), /never due/);
});
