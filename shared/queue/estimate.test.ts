import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { median, remainingSeconds, startsInSeconds } from "./estimate.ts";

test("the median of an odd, an even and an empty list", () => {
  assert.equal(median([3, 1, 2]), 2);
  assert.equal(median([4, 1, 2, 3]), 2.5);
  assert.equal(median([]), 0);
});

test("a running job's rest is estimated by jobs that took longer; else a tenth more", () => {
  assert.equal(remainingSeconds([100, 200, 300], 0), 200);
  assert.equal(remainingSeconds([100, 200, 300], 150), 100);
  assert.equal(remainingSeconds([100, 200, 300], 400), 40);
});

test("an idle engine starts the first at once; the next waits for a whole job", () => {
  const pace = { took: [100], running: [], idle: 1 };
  assert.deepEqual(
    [1, 2, 3].map((position) => startsInSeconds(pace, position)),
    [0, 100, 200],
  );
});

test("without any sign of an engine one is thought to come at once", () => {
  assert.equal(startsInSeconds({ took: [60], running: [], idle: 0 }, 2), 60);
});

test("two engines take turns, each as soon as it is free", () => {
  const pace = { took: [100], running: [70], idle: 1 };
  assert.deepEqual(
    [1, 2, 3, 4].map((position) => startsInSeconds(pace, position)),
    [0, 30, 100, 130],
  );
});

test("no job further back starts earlier; one more engine makes no job wait longer", () => {
  const seconds = fc.integer({ min: 1, max: 10_000 });
  fc.assert(
    fc.property(
      fc.array(seconds, { minLength: 1, maxLength: 20 }),
      fc.array(seconds, { maxLength: 8 }),
      fc.nat(4),
      fc.integer({ min: 1, max: 500 }),
      (took, running, idle, position) => {
        const pace = { took, running, idle };
        const starts = startsInSeconds(pace, position);
        assert.ok(starts >= 0 && Number.isFinite(starts));
        assert.ok(startsInSeconds(pace, position + 1) >= starts - 1e-9);
        assert.ok(startsInSeconds({ ...pace, idle: idle + 1 }, position) <= starts + 1e-9);
      },
    ),
  );
});
