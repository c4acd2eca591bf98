import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { minimumJerkSpeed } from "./recording.ts";
import { dimensionlessJerk, logDimensionlessJerk, sparc } from "./smoothness.ts";

/** n values over the time [0, 1), as the published examples have them. */
function sampled(n: number, speedAt: (part: number) => number): Float64Array {
  return Float64Array.from({ length: n }, (_, i) => speedAt(i / n));
}

const bell = sampled(200, (part) => Math.exp(-5 * (2 * part - 1) ** 2));

function rounded(value: number | null, digits: number): string | undefined {
  return value?.toFixed(digits);
}

test("the published example of a bell has its SPARC, jerk and log jerk", () => {
  assert.equal(rounded(sparc(bell, 100), 5), "-1.41403");
  assert.equal(rounded(dimensionlessJerk(bell), 5), "-335.74684");
  assert.equal(rounded(logDimensionlessJerk(bell), 5), "-5.81636");
});

test("a movement of minimum jerk has one SPARC, however long, far or finely sampled", () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0.5, max: 5, noNaN: true }),
      fc.double({ min: 0.01, max: 1000, noNaN: true }),
      fc.integer({ min: 50, max: 250 }),
      (seconds, amplitude, rate) => {
        const n = Math.round(seconds * rate);
        const speed = sampled(n, (part) => (amplitude / seconds) * minimumJerkSpeed(part));
        assert.equal(rounded(sparc(speed, rate), 4), "-1.4058");
      },
    ),
    { numRuns: 100 },
  );
});

test("rest before and after a movement does not change its SPARC", () => {
  for (const n of [50, 60, 100, 150, 200, 400]) {
    const speed = [...sampled(n, minimumJerkSpeed)];
    // Sampled at both its ends, with a speed that rounding left instead of 0, and with rest around it.
    const same = [
      [...speed, 0],
      [...speed, 1e-16],
      [0, 0, 0, ...speed, ...speed.map(() => 0)],
    ];
    for (const values of same) assert.equal(rounded(sparc(Float64Array.from(values), 100), 4), "-1.4058");
  }
});

test("jerk and log jerk know neither amplitude nor duration", () => {
  const once = dimensionlessJerk(sampled(400, minimumJerkSpeed)) ?? Number.NaN;
  const faster = dimensionlessJerk(sampled(400, (part) => 7 * minimumJerkSpeed(part))) ?? Number.NaN;
  const tiny = dimensionlessJerk(sampled(400, (part) => 1e-300 * minimumJerkSpeed(part))) ?? Number.NaN;
  const finer = dimensionlessJerk(sampled(800, minimumJerkSpeed)) ?? Number.NaN;
  for (const same of [faster, tiny]) assert.ok(Math.abs(once / same - 1) < 1e-9);
  assert.ok(Math.abs(once / finer - 1) < 0.02);
});

test("an arrest in the middle is less smooth by both figures", () => {
  const twice = sampled(200, (part) => minimumJerkSpeed((part * 2.2) % 1.2));
  const smooth = sampled(200, minimumJerkSpeed);
  assert.ok((sparc(twice, 100) ?? 0) < (sparc(smooth, 100) ?? 0) - 0.2);
  assert.ok((logDimensionlessJerk(twice) ?? 0) < (logDimensionlessJerk(smooth) ?? 0) - 1);
});

test("no movement has no smoothness", () => {
  const still = new Float64Array(50);
  assert.deepEqual(
    [sparc(still, 100), dimensionlessJerk(still), logDimensionlessJerk(still)],
    [null, null, null],
  );
});
