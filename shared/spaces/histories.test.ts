import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { MembershipWorld } from "./testing/membershipWorld.ts";

const RUNS = 10_000;

const done: Record<string, number> = {};
/** Begun before the first test is: from then on Node's test runner follows every promise, which takes five times as long. */
const histories = await fc.check(
  fc.asyncProperty(
    fc.array(fc.nat(0xffff), { minLength: 30, maxLength: 90, size: "max" }),
    async (history) => {
      const world = new MembershipWorld();
      for (const choice of [0, 16, 32, 48, ...history]) await world.step(choice);
      await world.drain();
      for (const [what, count] of Object.entries(world.done)) done[what] = (done[what] ?? 0) + count;
    },
  ),
  { numRuns: RUNS },
);

test("10,000 histories: no one reads a space they are not in, mirror and SQL agree", () => {
  if (histories.failed) throw new Error(fc.defaultReportMessage(histories));
});

test("in these histories everything happens often", () => {
  for (const what of ["signed up", "joined", "left", "erased", "submitted", "died"])
    assert.ok((done[what] ?? 0) > RUNS / 10, `${what}: ${done[what]}`);
});
