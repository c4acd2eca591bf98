import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { QueueFlow } from "./flow.ts";

const limits = { maxDispatchesPerSecond: 10, maxBurstSize: 3, maxConcurrentDispatches: 100 };
const throttle = { initialMs: 1000, maxMs: 8000 };
const newFlow = (overrides: Partial<typeof limits> = {}) =>
  new QueueFlow({ ...limits, ...overrides }, throttle, 0);

/** Starts one attempt and ends it at once. */
function attempt(flow: QueueFlow, outcome: "success" | "error" | "overload", now: number, retryAfterMs = 0) {
  flow.start(now);
  return flow.finish(outcome, now, now, retryAfterMs);
}

test("a burst goes at once, then the rate decides", () => {
  const flow = newFlow();
  for (const _ of [1, 2, 3]) {
    assert.equal(flow.readyAt(0), 0);
    flow.start(0);
  }
  assert.equal(flow.readyAt(0), 100);
  assert.equal(flow.readyAt(60), 100);
  flow.start(100);
  assert.equal(flow.readyAt(100), 200);
});

test("no window of time sees more dispatches than burst and rate allow", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(400), { minLength: 1, maxLength: 60 }), (pauses) => {
      const flow = newFlow();
      const starts: number[] = [];
      let now = 0;
      for (const pause of pauses) {
        now = Math.max(now + pause, flow.readyAt(now + pause));
        flow.start(now);
        flow.finish("success", now, now);
        starts.push(now);
      }
      for (const [i, from] of starts.entries())
        for (const [j, to] of starts.entries())
          if (j > i) assert.ok(j - i + 1 <= 3 + ((to - from) / 1000) * 10 + 1e-6);
    }),
  );
});

test("at full concurrency nothing is ready until an attempt ends", () => {
  const flow = newFlow({ maxConcurrentDispatches: 2 });
  flow.start(0);
  flow.start(0);
  assert.equal(flow.readyAt(0), Number.POSITIVE_INFINITY);
  flow.finish("success", 0, 5);
  assert.equal(flow.readyAt(5), 5);
});

test("each overload doubles the spacing up to a bound; each success halves it", () => {
  const flow = newFlow();
  const spacings: number[] = [];
  let now = 1000;
  for (const outcome of ["overload", "overload", "overload", "overload", "overload"] as const) {
    attempt(flow, outcome, now);
    spacings.push(flow.spacingMs);
    assert.equal(flow.readyAt(now), now + flow.spacingMs);
    now = flow.readyAt(now);
  }
  assert.deepEqual(spacings, [1000, 2000, 4000, 8000, 8000]);
  const after = [1, 2, 3, 4].map(() => {
    attempt(flow, "success", now);
    now = flow.readyAt(now);
    return flow.spacingMs;
  });
  assert.deepEqual(after, [4000, 2000, 1000, 0]);
});

test("many overloaded answers to dispatches of one round count once", () => {
  const flow = newFlow({ maxBurstSize: 50 });
  for (let i = 0; i < 20; i++) flow.start(0);
  const slowed = Array.from({ length: 20 }, () => flow.finish("overload", 0, 10));
  assert.equal(slowed.filter(Boolean).length, 1);
  assert.equal(flow.spacingMs, 1000);
});

test("a late success from before the overload doesn't lift it", () => {
  const flow = newFlow();
  flow.start(0);
  flow.start(50);
  flow.finish("overload", 50, 60);
  flow.finish("success", 0, 70);
  assert.equal(flow.spacingMs, 1000);
});

test("Retry-After holds the queue up, but no longer than the most of the spacing", () => {
  const flow = newFlow();
  attempt(flow, "overload", 0, 3000);
  assert.equal(flow.readyAt(0), 3000);
  attempt(flow, "overload", 3000, 60_000);
  assert.equal(flow.readyAt(3000), 3000 + 8000);
});

test("single errors leave the pace alone, a high rate of them slows it", () => {
  const flow = newFlow({ maxBurstSize: 100, maxDispatchesPerSecond: 500 });
  const slowed = Array.from({ length: 10 }, (_, i) => attempt(flow, "error", i));
  assert.deepEqual(slowed, [...Array.from({ length: 9 }, () => false), true]);
  const mixed = newFlow({ maxBurstSize: 100, maxDispatchesPerSecond: 500 });
  for (let i = 0; i < 40; i++) attempt(mixed, i % 2 === 0 ? "success" : "error", i);
  assert.equal(mixed.spacingMs, 0);
});
