import { test } from "node:test";
import fc from "fast-check";
import { QueueWorld } from "./world.ts";

const RUNS = 100_000;

test("100,000 random histories: one valid lease at most, stale tokens change nothing, one end, one result, attempts bounded", () => {
  fc.assert(
    fc.property(
      fc.boolean(),
      fc.array(fc.nat(0xffffff), { minLength: 20, maxLength: 80, size: "max" }),
      (slow, history) => {
        const world = new QueueWorld(slow);
        world.step(0);
        for (const choice of history) world.step(choice);
        world.drain();
      },
    ),
    { numRuns: RUNS },
  );
});
