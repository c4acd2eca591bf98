import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { DEFAULT_SETTINGS, type QueueConfig, type RetryConfig, settingsOf } from "./queueSettings.ts";
import { backoffMs, isExhausted, retryAfterMs } from "./retry.ts";

const config = (overrides: Partial<RetryConfig>): RetryConfig => ({
  ...DEFAULT_SETTINGS.retryConfig,
  ...overrides,
});

/** The documented rule step by step (`RetryConfig.max_doublings` in google/cloud/tasks/v2/queue.proto), in seconds. */
function documentedSchedule(
  {
    minBackoffSeconds = 0.1,
    maxBackoffSeconds = 3600,
    maxDoublings = 16,
  }: NonNullable<QueueConfig["retryConfig"]>,
  failures: number,
): number[] {
  const schedule: number[] = [];
  let interval = minBackoffSeconds;
  for (let failure = 1; failure <= failures; failure++) {
    schedule.push(Math.min(interval, maxBackoffSeconds));
    interval = failure <= maxDoublings ? interval * 2 : interval + minBackoffSeconds * 2 ** maxDoublings;
  }
  return schedule;
}

test("seconds in a configuration are those seconds: the schedule is the documented one", () => {
  for (const retryConfig of [
    {},
    { minBackoffSeconds: 10, maxBackoffSeconds: 300, maxDoublings: 3 },
    { minBackoffSeconds: 1, maxBackoffSeconds: 60, maxDoublings: 6 },
    { minBackoffSeconds: 0.5, maxBackoffSeconds: 7, maxDoublings: 0 },
    { minBackoffSeconds: 2, maxBackoffSeconds: 2, maxDoublings: 5 },
  ]) {
    const { retryConfig: settings } = settingsOf({ name: "projects/p/locations/l/queues/q", retryConfig });
    const schedule = Array.from({ length: 25 }, (_, index) => backoffMs(index + 1, settings) / 1000);
    assert.deepEqual(schedule, documentedSchedule(retryConfig, 25));
  }
});

test("back-off follows the example of Google's documentation", () => {
  const documented = config({ minBackoffMs: 10_000, maxBackoffMs: 300_000, maxDoublings: 3 });
  const seconds = [1, 2, 3, 4, 5, 6, 7, 8, 9].map((failures) => backoffMs(failures, documented) / 1000);
  assert.deepEqual(seconds, [10, 20, 40, 80, 160, 240, 300, 300, 300]);
});

test("back-off without doublings grows by its first step", () => {
  const linear = config({ minBackoffMs: 100, maxBackoffMs: 350, maxDoublings: 0 });
  assert.deepEqual(
    [1, 2, 3, 4, 5].map((failures) => backoffMs(failures, linear)),
    [100, 200, 300, 350, 350],
  );
});

test("back-off never shrinks, starts at the least and never passes the most", () => {
  fc.assert(
    fc.property(
      fc.nat(10_000),
      fc.nat(1_000_000),
      fc.nat(2000),
      fc.integer({ min: 1, max: 3000 }),
      (minBackoffMs, more, maxDoublings, failures) => {
        const any = config({ minBackoffMs, maxBackoffMs: minBackoffMs + more, maxDoublings });
        const [first, here, next] = [1, failures, failures + 1].map((n) => backoffMs(n, any));
        assert.equal(first, minBackoffMs);
        assert.ok(here !== undefined && next !== undefined && here <= next && next <= any.maxBackoffMs);
      },
    ),
  );
});

test("a task is used up when every limit that is set has been reached", () => {
  const after = (attempts: number, seconds: number, overrides: Partial<RetryConfig>) =>
    isExhausted({ attempts, firstAttemptAt: 0 }, config(overrides), seconds * 1e6);
  assert.equal(after(2, 1e6, { maxAttempts: 3 }), false);
  assert.equal(after(3, 0, { maxAttempts: 3 }), true);
  assert.equal(after(3, 9, { maxAttempts: 3, maxRetryDurationMs: 10_000 }), false);
  assert.equal(after(2, 11, { maxAttempts: 3, maxRetryDurationMs: 10_000 }), false);
  assert.equal(after(3, 10, { maxAttempts: 3, maxRetryDurationMs: 10_000 }), true);
  assert.equal(after(1, 10, { maxAttempts: -1, maxRetryDurationMs: 10_000 }), true);
  assert.equal(after(1e6, 1e6, { maxAttempts: -1 }), false);
});

test("Retry-After is seconds or a date, at most an hour; rubbish and the past are zero", () => {
  const now = new Date("2030-01-01T00:00:00Z");
  const waits = [
    undefined,
    "",
    "7",
    " 7 ",
    "-1",
    "soon",
    "Tue, 01 Jan 2030 00:00:09 GMT",
    "Mon, 01 Jan 2029 00:00:00 GMT",
    "999999999",
  ];
  assert.deepEqual(
    waits.map((header) => retryAfterMs(header, now)),
    [0, 0, 7000, 7000, 0, 0, 9000, 0, 3_600_000],
  );
});
