import assert from "node:assert/strict";
import { test } from "node:test";
import { Timestamp } from "@google-cloud/firestore";
import fc from "fast-check";
import { microsecondsOf, versionOf } from "./version.ts";

test("a version keeps the microseconds that a Date cuts, and text order is time order", () => {
  assert.equal(versionOf(new Timestamp(1_767_225_600, 123_456_000)), "2026-01-01T00:00:00.123456Z");
  assert.equal(versionOf(new Timestamp(1_767_225_600, 1_000)), "2026-01-01T00:00:00.000001Z");
  assert.equal(versionOf(new Timestamp(-1, 0)), "1969-12-31T23:59:59.000000Z");
  fc.assert(
    fc.property(fc.nat(4e9), fc.nat(999_999), fc.nat(4e9), fc.nat(999_999), (a, aMicros, b, bMicros) => {
      const [first, second] = [new Timestamp(a, aMicros * 1000), new Timestamp(b, bMicros * 1000)];
      assert.equal(
        Math.sign(compare(versionOf(first), versionOf(second))),
        Math.sign(a - b || aMicros - bMicros),
      );
    }),
  );
});

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

test("a Date in the same form is the version of the same moment", () => {
  const date = new Date("2026-01-01T00:00:00.123Z");
  assert.equal(microsecondsOf(date), "2026-01-01T00:00:00.123000Z");
  assert.equal(microsecondsOf(date), versionOf(Timestamp.fromDate(date)));
});
