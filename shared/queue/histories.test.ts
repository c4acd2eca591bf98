import { test } from "node:test";
import fc from "fast-check";
import { QueueWorld } from "./testing/queueWorld.ts";

const RUNS = 100_000;

/** Begun before the first test is: from then on Node's test runner follows every promise, which takes five times as long. */
const histories = await fc.check(
  fc.asyncProperty(
    fc.constantFrom(0, 30),
    fc.array(fc.nat(0xffffff), { minLength: 10, maxLength: 50, size: "max" }),
    async (backoffSeconds, history) => {
      const world = new QueueWorld(backoffSeconds);
      await world.step(0);
      for (const choice of history) await world.step(choice);
      await world.drain();
    },
  ),
  { numRuns: RUNS },
);

test("100,000 random histories of commitJob: one lease, one end, one result each", () => {
  if (histories.failed) throw new Error(fc.defaultReportMessage(histories));
});
