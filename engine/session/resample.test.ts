import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { resample, stretchesOf } from "./resample.ts";

function timeline(times: readonly number[]) {
  const values = Float64Array.from(times);
  return { times: values, channels: [{ name: "a", unit: "deg", role: "angle", values }] as const, rate: 10 };
}

test("more than half a second without a sample splits; half a second does not", () => {
  assert.deepEqual(stretchesOf(timeline([0, 0.1, 0.6, 1.2, 1.3, 2])), [
    { first: 0, end: 3 },
    { first: 3, end: 5 },
  ]);
});

test("samples of a fixed rate are one stretch, and stay as they are", () => {
  const values = Float64Array.of(3, 1, 2);
  const samples = { ...timeline([]), times: null, channels: [{ ...timeline([]).channels[0], values }] };
  assert.deepEqual(stretchesOf(samples), [{ first: 0, end: 3 }]);
  assert.deepEqual(resample(samples, values, { first: 0, end: 3 }), { start: 0, values });
});

test("what changes evenly is the same at equal distances, for any times", () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0, max: 0.5, noNaN: true }), { minLength: 1, maxLength: 50 }),
      (steps) => {
        const times = [2];
        for (const step of steps) times.push((times.at(-1) ?? 0) + step);
        const samples = timeline(times);
        const { start, values } = resample(samples, samples.times, { first: 0, end: times.length });
        assert.equal(start, 2);
        for (const [i, value] of values.entries()) assert.ok(Math.abs(value - (2 + i / 10)) < 1e-6);
        assert.ok((times.at(-1) ?? 0) - (2 + (values.length - 1) / 10) < 0.1 + 1e-6);
      },
    ),
  );
});
