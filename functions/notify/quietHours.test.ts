import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { quietUntil } from "./quietHours.ts";

const seoul = { timeZone: "Asia/Seoul", from: "22:00", to: "07:30" };
const at = (iso: string) => new Date(iso);

test("a span over midnight ends the next morning; it includes its start, not its end", () => {
  const morning = at("2026-03-01T22:30:00Z"); // 07:30 on the 2nd in Seoul
  assert.deepEqual(quietUntil(at("2026-03-01T13:00:00Z"), seoul), morning);
  assert.deepEqual(quietUntil(at("2026-03-01T15:00:30.5Z"), seoul), morning);
  assert.deepEqual(quietUntil(at("2026-03-01T22:29:59.999Z"), seoul), morning);
  assert.equal(quietUntil(morning, seoul), undefined);
  assert.equal(quietUntil(at("2026-03-01T12:59:59Z"), seoul), undefined);
});

test("a span within a day is quiet then and at no other time", () => {
  const nap = { timeZone: "Asia/Kolkata", from: "13:00", to: "14:15" }; // half an hour off the full hours
  assert.deepEqual(quietUntil(at("2026-03-01T07:30:00Z"), nap), at("2026-03-01T08:45:00Z"));
  assert.equal(quietUntil(at("2026-03-01T08:45:00Z"), nap), undefined);
  assert.equal(quietUntil(at("2026-03-01T20:00:00Z"), nap), undefined);
});

test("where the clock changes during the night the end is what the wall clock shows", () => {
  const berlin = { timeZone: "Europe/Berlin", from: "22:00", to: "07:00" };
  assert.deepEqual(quietUntil(at("2026-03-28T22:00:00Z"), berlin), at("2026-03-29T05:00:00Z")); // forward at 02:00
  assert.deepEqual(quietUntil(at("2026-10-24T21:00:00Z"), berlin), at("2026-10-25T06:00:00Z")); // back at 03:00
  const skipped = { timeZone: "Europe/Berlin", from: "22:00", to: "02:30" }; // there is no 02:30 that night
  assert.deepEqual(quietUntil(at("2026-03-28T22:00:00Z"), skipped), at("2026-03-29T01:30:00Z"));
  const twice = { timeZone: "Europe/Berlin", from: "01:00", to: "02:30" }; // 02:30 comes at 00:30 and 01:30 UTC
  assert.deepEqual(quietUntil(at("2026-10-24T23:30:00Z"), twice), at("2026-10-25T00:30:00Z"));
  assert.deepEqual(quietUntil(at("2026-10-25T01:10:00Z"), twice), at("2026-10-25T01:30:00Z"));
});

test("a zone that isn't known counts as UTC, and an empty span is none", () => {
  const nowhere = { timeZone: "Mars/Olympus", from: "10:00", to: "11:00" };
  assert.deepEqual(quietUntil(at("2026-03-01T10:30:00Z"), nowhere), at("2026-03-01T11:00:00Z"));
  assert.equal(quietUntil(at("2026-03-01T10:00:00Z"), { ...nowhere, to: "10:00" }), undefined);
});

test("at any moment of any zone the end is at most 25 hours away, and not quiet", () => {
  const time = fc
    .tuple(fc.nat(23), fc.nat(59))
    .map(([hour, minute]) => `${String(hour).padStart(2, "0")}:${String(minute).padStart(2, "0")}`);
  const zone = fc.constantFrom(
    "Asia/Seoul",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "Pacific/Apia",
    "UTC",
  );
  const moment = fc.date({
    min: at("2025-01-01T00:00:00Z"),
    max: at("2028-01-01T00:00:00Z"),
    noInvalidDate: true,
  });
  fc.assert(
    fc.property(moment, zone, time, time, (now, timeZone, from, to) => {
      const end = quietUntil(now, { timeZone, from, to });
      if (!end) return;
      assert.ok(end > now && end.getTime() - now.getTime() <= 25 * 3_600_000, `${end.toISOString()}`);
      const shown = new Intl.DateTimeFormat("en-GB", {
        timeZone,
        hour: "2-digit",
        minute: "2-digit",
        hourCycle: "h23",
      }).format(end);
      const next = quietUntil(end, { timeZone, from, to });
      // Only an end that the change of clocks leaves out shows another time.
      assert.ok(shown === to || !next, `${shown} instead of ${to} at ${end.toISOString()}`);
    }),
    { numRuns: 3_000 },
  );
});
