import assert from "node:assert/strict";
import { test } from "node:test";
import { eventually, openTasks, openWorker, queueConfig, queuePath } from "./harness.ts";

const THROTTLE = { initialMs: 300, maxMs: 1200 };
const QUICK = { minBackoffSeconds: 0.02, maxBackoffSeconds: 0.02 };

test("Retry-After of a 429 or 503 puts the task off at least that long", async (t) => {
  for (const status of [429, 503]) {
    const worker = await openWorker(t, (_, { received }) =>
      received.length === 1 ? { status, headers: { "retry-after": "1" } } : undefined,
    );
    const { put, isGone } = await openTasks(t, [queueConfig("q", { retryConfig: QUICK })], {
      throttle: THROTTLE,
    });
    const name = await put("q", worker.url);
    await eventually("done", () => isGone(name));
    assert.equal(worker.received.length, 2);
    assert.ok((worker.received[1]?.at ?? 0) - (worker.received[0]?.at ?? 0) >= 1000, `${status}`);
  }
});

test("429 slows the whole queue, also for other targets; another queue goes on", async (t) => {
  const busy = await openWorker(t, () => ({ status: 429 }));
  const healthy = await openWorker(t);
  const throttled: unknown[] = [];
  const { client, put, isGone } = await openTasks(
    t,
    [queueConfig("rings", { retryConfig: QUICK }), queueConfig("timers", { retryConfig: QUICK })],
    {
      throttle: { initialMs: 600_000, maxMs: 600_000 },
      log: (event, { queue }) => event === "queue_throttled" && throttled.push(queue),
    },
  );
  await put("rings", busy.url);
  await eventually("throttled", () => throttled.length === 1);
  const held = await put("rings", `${healthy.url}/held`);
  for (const n of [1, 2, 3]) {
    const timer = await put("timers", `${healthy.url}/timer${n}`);
    await eventually("timer", () => isGone(timer));
  }
  assert.deepEqual(healthy.paths(), ["/timer1", "/timer2", "/timer3"]);
  assert.equal(busy.received.length, 1);
  const [waiting] = await client.getTask({ name: held });
  assert.equal(waiting.dispatchCount, 0);
  assert.deepEqual(throttled, [queuePath("rings")]);
});

test("a task behind a 429 goes when the queue's pause is over, not before", async (t) => {
  const worker = await openWorker(t, ({ path }, { received }) =>
    path === "/busy" && received.length === 1 ? { status: 429 } : undefined,
  );
  let throttled = false;
  const { put, isGone } = await openTasks(t, [queueConfig("q", { retryConfig: { minBackoffSeconds: 5 } })], {
    throttle: THROTTLE,
    log: (event) => {
      throttled ||= event === "queue_throttled";
    },
  });
  await put("q", `${worker.url}/busy`);
  await eventually("throttled", () => throttled);
  const behind = await put("q", `${worker.url}/behind`);
  await eventually("done", () => isGone(behind));
  assert.deepEqual(worker.paths(), ["/busy", "/behind"]);
  assert.ok((worker.received[1]?.at ?? 0) - (worker.received[0]?.at ?? 0) >= THROTTLE.initialMs);
});

test("an overloaded queue gets slower step by step, and quick again by successes", async (t) => {
  let overloaded = true;
  const worker = await openWorker(t, () => (overloaded ? { status: 503 } : undefined));
  const events: string[] = [];
  const { put, isGone } = await openTasks(t, [queueConfig("q", { retryConfig: QUICK })], {
    throttle: { initialMs: 50, maxMs: 200 },
    log: (event, fields) => events.push(`${event} ${fields.spacingMs ?? ""}`),
  });
  const name = await put("q", worker.url);
  await eventually(
    "at its slowest",
    () => events.filter((event) => event === "queue_throttled 200").length > 1,
  );
  assert.deepEqual(events.filter((event) => event.startsWith("queue_throttled")).slice(0, 4), [
    "queue_throttled 50",
    "queue_throttled 100",
    "queue_throttled 200",
    "queue_throttled 200",
  ]);
  overloaded = false;
  await eventually("done", () => isGone(name));
  const many = await Promise.all(Array.from({ length: 20 }, (_, n) => put("q", `${worker.url}/${n}`)));
  for (const one of many) await eventually("done", () => isGone(one));
});

test("a queue sends no faster than burst and rate", async (t) => {
  const worker = await openWorker(t);
  const rateLimits = { maxDispatchesPerSecond: 20, maxBurstSize: 2 };
  const { put } = await openTasks(t, [queueConfig("q", { rateLimits })]);
  const start = Date.now();
  await Promise.all(Array.from({ length: 8 }, (_, n) => put("q", `${worker.url}/${n}`)));
  await eventually("all", () => worker.received.length === 8);
  // Two at once, and six more at 20 a second.
  const span = (worker.received[7]?.at ?? 0) - start;
  assert.ok(span >= 300, `${span} ms`);
});

test("a queue keeps no more requests open than its concurrency, and loses none", async (t) => {
  const worker = await openWorker(t, () => ({ when: new Promise((resolve) => setTimeout(resolve, 30)) }));
  const { put } = await openTasks(t, [queueConfig("q", { rateLimits: { maxConcurrentDispatches: 3 } })]);
  const paths = Array.from({ length: 15 }, (_, n) => `/${n}`);
  await Promise.all(paths.map((path) => put("q", worker.url + path)));
  await eventually("all", () => worker.received.length === 15);
  assert.equal(worker.mostOpen, 3);
  assert.deepEqual(new Set(worker.paths()), new Set(paths));
});
