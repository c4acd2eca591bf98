import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { findPeaks, type Peak } from "./peaks.ts";

function peaks(values: readonly number[], prominence = 0, distance = 1): readonly Peak[] {
  return findPeaks(Float64Array.from(values), { prominence, distance });
}

test("a peak's prominence is down to the higher of its valleys before higher ground", () => {
  assert.deepEqual(peaks([0, 5, 2, 3, 1, 9, 4, 6, 0]), [
    { index: 1, prominence: 4 },
    { index: 3, prominence: 1 },
    { index: 5, prominence: 9 },
    { index: 7, prominence: 2 },
  ]);
});

test("a flat top is one peak at its middle; ends and shoulders are none", () => {
  assert.deepEqual(peaks([9, 0, 4, 4, 4, 0, 2, 2, 9]), [{ index: 3, prominence: 4 }]);
  assert.deepEqual(peaks([]), []);
  assert.deepEqual(peaks([1, 1, 1]), []);
});

test("of peaks that are too close the less prominent one goes", () => {
  assert.deepEqual(
    peaks([0, 5, 1, 6, 0, 0, 0, 5, 0], 1, 3).map(({ index }) => index),
    [3, 7],
  );
});

test("prominence is what walking to both sides finds", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 8 }), { maxLength: 40 }), (values) => {
      for (const { index, prominence } of peaks(values)) {
        assert.equal(prominence, walked(values, index));
      }
    }),
  );
});

function walked(values: readonly number[], index: number): number {
  const height = values[index] ?? 0;
  const bases = [-1, 1].map((step) => {
    let lowest = height;
    for (let i = index; i >= 0 && i < values.length; i += step) {
      const value = values[i] ?? Number.NaN;
      if (value > height || (step < 0 && value === height && lowest < height)) break;
      lowest = Math.min(lowest, value);
    }
    return lowest;
  });
  return height - Math.max(...bases);
}

test("of equally high tops that no deep valley parts the first one counts", () => {
  const values = Float64Array.of(0, 60, 59, 60, 59, 60, 0, 60, 0);
  const peaks = findPeaks(values, { prominence: 15, distance: 0 });
  assert.deepEqual(
    peaks.map(({ index }) => index),
    [1, 7],
  );
});
