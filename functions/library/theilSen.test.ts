import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { theilSenSlope } from "./theilSen.ts";

test("points on a line have its slope, also when a quarter of them are outliers", () => {
  const number = fc.integer({ min: -1000, max: 1000 });
  const xs = fc.uniqueArray(number, { minLength: 2, maxLength: 30 });
  fc.assert(
    fc.property(xs, number, number, (xs, slope, offset) => {
      const points = xs.map((x) => ({ x, y: slope * x + offset }));
      assert.ok(Math.abs((theilSenSlope(points) ?? Number.NaN) - slope) < 1e-9);
    }),
  );
  const points = Array.from({ length: 12 }, (_, x) => ({ x, y: x < 3 ? 1e6 * x : 2 * x }));
  assert.ok(Math.abs((theilSenSlope(points) ?? 0) - 2) < 1e-9);
});

test("without two times there is no slope", () => {
  assert.equal(theilSenSlope([]), null);
  assert.equal(theilSenSlope([{ x: 1, y: 2 }]), null);
  assert.equal(
    theilSenSlope([
      { x: 1, y: 2 },
      { x: 1, y: 3 },
    ]),
    null,
  );
});
