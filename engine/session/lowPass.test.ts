import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { lowPass } from "./lowPass.ts";

function wave(frequency: number, rate: number): Float64Array {
  return Float64Array.from({ length: 10 * rate }, (_, i) => Math.sin((2 * Math.PI * frequency * i) / rate));
}

/** The amplitude in the middle of a filtered wave, and its value where the wave has its zero. */
function response(frequency: number, rate: number) {
  const filtered = lowPass(wave(frequency, rate), rate).subarray(3 * rate, 7 * rate);
  return { amplitude: Math.max(...filtered), atZero: filtered[rate] ?? Number.NaN };
}

test("6 Hz comes out at half its amplitude, 1 Hz whole, 25 Hz hardly, none shifted", () => {
  const expected = new Map([
    [1, 1],
    [6, 0.5],
    [25, 0],
  ]);
  for (const [frequency, amplitude] of expected) {
    const found = response(frequency, 1000);
    assert.ok(Math.abs(found.amplitude - amplitude) < 0.005, `${frequency} Hz: ${found.amplitude}`);
    assert.ok(Math.abs(found.atZero) < 1e-6);
  }
});

test("a recording of 10 samples a second is filtered below half of its rate", () => {
  assert.ok(response(1, 10).amplitude > 0.9);
});

test("what is constant or rises evenly stays as it is, ends included", () => {
  const slopes = fc.tuple(
    fc.double({ min: -1e3, max: 1e3, noNaN: true }),
    fc.double({ min: -10, max: 10, noNaN: true }),
    fc.integer({ min: 1, max: 400 }),
    fc.integer({ min: 10, max: 1000 }),
  );
  fc.assert(
    fc.property(slopes, ([offset, slope, length, rate]) => {
      const line = Float64Array.from({ length }, (_, i) => offset + slope * i);
      const filtered = lowPass(line, rate);
      assert.equal(filtered.length, length);
      const tolerance = slope === 0 ? 1e-6 : 0.02 * Math.abs(slope) * rate;
      for (const [i, value] of filtered.entries())
        assert.ok(Math.abs(value - (line[i] ?? 0)) <= tolerance + 1e-6);
    }),
  );
});
