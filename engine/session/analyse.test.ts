import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { analyseSession, type ChannelAnalysis, type SessionAnalysis } from "./analyse.ts";
import { minimumJerk, type Recording, recording } from "./recording.ts";
import { parseSamples } from "./samples.ts";

function analyse(file: unknown): SessionAnalysis {
  return analyseSession(parseSamples(JSON.stringify(file)));
}

function only({ channels }: SessionAnalysis): ChannelAnalysis {
  const [channel] = channels;
  assert.ok(channel);
  return channel;
}

function metricOf({ metrics }: ChannelAnalysis, name: keyof ChannelAnalysis["metrics"]): number {
  const value = metrics[name]?.value;
  assert.ok(typeof value === "number", `${name}: ${metrics[name]?.reason}`);
  return value;
}

/** When a movement of minimum jerk is at a tenth of its peak speed, after its begin: solves 16 x² (1 − x)² = 0.1. */
const ONSET_PART = (1 - Math.sqrt(1 - Math.sqrt(0.1))) / 2;

function near(value: number, expected: number, tolerance: number): void {
  assert.ok(Math.abs(value - expected) <= tolerance, `${value} is not ${expected} ± ${tolerance}`);
}

test("a noisy recording gives its 20 repetitions, its range and its reaction time", () => {
  const noisy = fc.record({
    seed: fc.integer(),
    way: fc.double({ min: 0.4, max: 1.2, noNaN: true }),
    reaction: fc.double({ min: 0.2, max: 0.8, noNaN: true }),
  });
  fc.assert(
    fc.property(noisy, (drawn) => {
      const real: Partial<Recording> = {
        ...drawn,
        noise: 2,
        jitter: 4,
        lost: 0.01,
        period: 2.1 * drawn.way + 1,
      };
      const session = analyse(recording(real).file);
      const channel = only(session);
      assert.equal(channel.repetitions.length, 20);
      near(metricOf(channel, "range"), 60, 2);
      near(metricOf(channel, "reactionTime"), drawn.reaction + ONSET_PART * drawn.way, 0.02);
      near(session.coverage, 0.99, 0.015);
    }),
    // Of noise that is drawn again each time, one run in some hundred would be off by more.
    { numRuns: 40, seed: 16 },
  );
});

test("without noise the smoothness is that of minimum jerk", () => {
  for (const way of [0.6, 1, 1.5]) {
    const channel = only(analyse(recording({ way, period: 5 }).file));
    near(metricOf(channel, "sparc"), -1.4058, 0.01);
    near(metricOf(channel, "ldlj"), -5.3, 0.15);
    near(metricOf(channel, "rangeFull"), 60, 0.6);
  }
});

test("a hand that holds its way out has one repetition for it, at any rate", () => {
  for (const [rate, period, hold] of [
    [10, 3, 1],
    [100, 4, 2],
    [1000, 5, 3],
  ] as const) {
    const v = Array.from({ length: 41 * rate }, (_, i) => {
      const time = i / rate - 0.5;
      const part = time < 0 || time >= 10 * period ? 0 : time % period;
      return 60 * (minimumJerk(part / 0.6) - minimumJerk((part - 0.6 - hold) / 0.6));
    });
    const file = { sampleRateHz: rate, channels: [{ name: "wrist", unit: "deg", role: "angle", v }] };
    assert.equal(only(analyse(file)).repetitions.length, Math.min(10, Math.floor(40 / period)), `${rate} Hz`);
  }
});

test("a sensor that always says the same counts no repetitions of rounding", () => {
  for (const value of [0.1, 5, 37.3, -12.7, 359.9, 4095]) {
    for (const rate of [10, 50, 100]) {
      const v = new Array<number>(2000).fill(value);
      const file = { sampleRateHz: rate, channels: [{ name: "wrist", unit: "deg", role: "angle", v }] };
      const channel = only(analyse(file));
      assert.equal(channel.repetitions.length, 0, `${value} at ${rate} Hz`);
      assert.deepEqual(channel.metrics.range, { value: null, reason: "too_few_repetitions" });
    }
  }
});

test("noise of long rests between movements counts no repetitions", () => {
  for (const period of [15, 30]) {
    const channel = only(analyse(recording({ period, noise: 2, jitter: 4, lost: 0.01 }).file));
    assert.equal(channel.repetitions.length, 20, `${period} s apart`);
  }
});

test("another amplitude or unit changes ranges only", () => {
  const small = only(analyse(recording({ amplitude: 6 }).file));
  const large = only(analyse(recording({ amplitude: 60 }).file));
  near(metricOf(large, "range") / metricOf(small, "range"), 10, 1e-6);
  for (const name of ["sparc", "ldlj", "reactionTime"] as const)
    near(metricOf(small, name), metricOf(large, name), 1e-6);
});

test("fewer than three repetitions give no value, and the reason", () => {
  for (const repetitions of [0, 1, 2]) {
    const channel = only(analyse(recording({ repetitions }).file));
    assert.equal(channel.repetitions.length, repetitions);
    const none = { value: null, reason: "too_few_repetitions" };
    assert.deepEqual(channel.metrics, {
      range: none,
      rangeFull: none,
      sparc: none,
      ldlj: none,
      reactionTime: none,
    });
  }
});

test("cues answered too early, too late or not at all are missed", () => {
  const { file, starts } = recording({ repetitions: 6, period: 6 });
  const begin = starts.map((start) => start * 1000);
  const offsets = [-50, -400, -2300, -400, 60, -400];
  const cues = begin.map((start, i) => ({ t: start + (offsets[i] ?? 0) }));
  const channel = only(analyse({ ...file, cues }));
  assert.equal(channel.missedCues, 3);
  near(metricOf(channel, "reactionTime"), 0.4 + ONSET_PART * 0.6, 0.01);
  const missed = only(analyse({ ...file, cues: [{ t: 100_000 }] }));
  assert.deepEqual(missed.metrics.reactionTime, { value: null, reason: "cues_missed" });
  assert.deepEqual(only(analyse({ ...file, cues: [] })).metrics.reactionTime, {
    value: null,
    reason: "no_cues",
  });
});

test("a gap is not bridged: coverage falls, and no movement is invented in it", () => {
  const { file } = recording({ repetitions: 20, period: 2.5 });
  const [wrist] = file.channels;
  assert.ok(wrist);
  // The seconds 11 to 21 are gone: four whole repetitions.
  const kept = file.t.map((time) => time < 11_000 || time > 21_000);
  const session = analyse({
    ...file,
    t: file.t.filter((_, i) => kept[i]),
    channels: [{ ...wrist, v: wrist.v.filter((_, i) => kept[i]) }],
  });
  assert.equal(only(session).repetitions.length, 16);
  near(session.coverage, 42 / 52, 0.005);
  near(session.durationSeconds, 52, 0.1);
});

test("the force channel has its peak, the mean of peaks and the time above half", () => {
  const heights = [10, 18, 30, 40] as const;
  const v = Array.from({ length: 2000 }, (_, i) => {
    const part = (i % 500) / 100;
    const pressed = minimumJerk(part / 0.5) - minimumJerk((part - 2.5) / 0.5);
    return (heights[Math.floor(i / 500)] ?? 0) * pressed;
  });
  const file = { sampleRateHz: 100, channels: [{ name: "grip", unit: "newton", role: "force", v }] };
  const channel = only(analyse(file));
  assert.equal(channel.repetitions.length, 4);
  near(metricOf(channel, "forcePeak"), 40, 0.5);
  near(metricOf(channel, "forceMeanPeak"), 24.5, 0.5);
  // Above 20 N: 2.4 s at 30 N and 2.5 s at 40 N.
  near(metricOf(channel, "forceTimeAboveHalf"), 4.9, 0.1);
});

test("a movement may be slower than smoothness is defined for", () => {
  const slow = recording({ repetitions: 4, way: 12, period: 30, rate: 20 });
  const { metrics } = only(analyse(slow.file));
  assert.deepEqual(metrics.sparc, { value: null, reason: "movements_too_long" });
  assert.ok(metrics.range?.value);
});

test("the channel that is a speed of rotation is measured as it is", () => {
  const v = Array.from({ length: 3000 }, (_, i) => 90 * Math.sin((2 * Math.PI * i) / 300));
  const file = { sampleRateHz: 100, channels: [{ name: "gyro", unit: "deg_s", role: "angle", v }] };
  const channel = only(analyse(file));
  assert.equal(channel.repetitions.length, 10);
  near(metricOf(channel, "range"), 178, 1);
});
