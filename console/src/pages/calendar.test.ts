import assert from "node:assert/strict";
import { test } from "node:test";
import { dayIn, monthOf, monthsLater, weeksOf } from "./calendar.ts";

test("a month has all of its days, in weeks that begin on Sunday", () => {
  const weeks = weeksOf({ year: 2026, month: 2 });
  assert.equal(weeks.length, 4);
  assert.equal(weeks[0]?.[0], "2026-02-01");
  assert.equal(weeks[3]?.[6], "2026-02-28");
  const leap = weeksOf({ year: 2028, month: 2 }).flat().filter(Boolean);
  assert.equal(leap.length, 29);
  const august = weeksOf({ year: 2026, month: 8 });
  assert.deepEqual([august.length, august[0]?.[5], august[0]?.[6]], [6, undefined, "2026-08-01"]);
});

test("months before and after pass the turn of the year", () => {
  assert.deepEqual(monthsLater({ year: 2026, month: 12 }, 1), { year: 2027, month: 1 });
  assert.deepEqual(monthsLater({ year: 2026, month: 1 }, -1), { year: 2025, month: 12 });
  assert.deepEqual(monthOf("2026-11-28"), { year: 2026, month: 11 });
});

test("today is another day in Seoul than in New York", () => {
  const now = new Date("2026-11-27T20:00:00Z");
  assert.equal(dayIn("Asia/Seoul", now), "2026-11-28");
  assert.equal(dayIn("America/New_York", now), "2026-11-27");
});
