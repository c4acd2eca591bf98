import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { plusSeconds } from "../platform/clock.ts";
import { EMPTY_RECORD, evidence, failureEnd, mayLease, pausedBy, probed, withEnd } from "./engineRecord.ts";
import { type KindRecord, LEASE_ENDS, type LeaseEnd } from "./engineRecordDocument.ts";

const NOW = new Date("2026-03-01T10:00:00Z");
const LIMIT = 10;
const at = (seconds: number) => plusSeconds(NOW, seconds);

function record(...ends: readonly (readonly [how: LeaseEnd["how"], space?: string])[]): KindRecord {
  return ends.reduce(
    (before, [how, space = "s"], index) =>
      withEnd(before, { jobId: `job${index}`, leaseNumber: 1, space, how }),
    EMPTY_RECORD,
  );
}
const times = (count: number, how: LeaseEnd["how"], space?: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => [how, space?.(index) ?? "s"] as const);

test("ten failures or losses in a row pause it; nine, or ten with a success, don't", () => {
  for (const how of ["failed", "lost"] as const) {
    assert.ok(pausedBy(record(...times(10, how)), LIMIT, NOW).pause, how);
    const nine = record(...times(9, how));
    assert.equal(pausedBy(nine, LIMIT, NOW), nine);
    const working = record(...times(9, how), ["succeeded"], ...times(9, how));
    assert.equal(pausedBy(working, LIMIT, NOW), working);
  }
});

test("any number of bad videos of one family pause nothing; of twenty families they do", () => {
  const oneFamily = record(...times(100, "input_failed"));
  assert.equal(evidence(oneFamily), 0.5);
  const nineteen = record(...times(19, "input_failed", (index) => `space${index}`));
  assert.equal(pausedBy(nineteen, LIMIT, NOW).pause, null);
  const twenty = record(...times(20, "input_failed", (index) => `space${index}`));
  assert.ok(pausedBy(twenty, LIMIT, NOW).pause);
});

test("leases that are given back count a half", () => {
  assert.equal(evidence(record(...times(3, "released"), ["failed"])), 2.5);
});

test("only a known code of an input, without another try, blames the input", () => {
  assert.equal(failureEnd({ code: "video_unreadable", retryable: false }), "input_failed");
  assert.equal(failureEnd({ code: "video_unreadable", retryable: true }), "failed");
  assert.equal(failureEnd({ code: "a_code_of_its_own", retryable: false }), "failed");
  assert.equal(failureEnd({ code: "engine_trouble", retryable: false }), "failed");
});

test("attempts of leases that failed or were lost since the success are refunded", () => {
  const ends = record(["lost"], ["succeeded"], ["released"], ["input_failed"], ...times(9, "failed"), [
    "lost",
  ]);
  const { refundsDue } = pausedBy(ends, LIMIT, NOW);
  assert.deepEqual(
    refundsDue.map(({ jobId }) => jobId),
    ["job4", "job5", "job6", "job7", "job8", "job9", "job10", "job11", "job12", "job13"],
  );
});

test("while paused, one probe after 1, 2, 4 … minutes, at most an hour apart", () => {
  let paused = pausedBy(record(...times(10, "failed")), LIMIT, NOW);
  let now = 0;
  const waits: number[] = [];
  for (let probe = 0; probe < 9; probe++) {
    const next = ((paused.pause?.nextProbeAt.getTime() ?? 0) - NOW.getTime()) / 1000;
    assert.equal(mayLease(paused, at(next - 1)), "paused");
    assert.equal(mayLease(paused, at(next)), "probe");
    paused = probed(paused, at(next));
    assert.equal(mayLease(paused, at(next)), "paused");
    waits.push((next - now) / 60);
    now = next;
  }
  assert.deepEqual(waits, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
  const resumed = withEnd(paused, { jobId: "probe", leaseNumber: 1, space: "s", how: "succeeded" });
  assert.deepEqual([resumed.pause, resumed.refundsDue, mayLease(resumed, NOW)], [null, [], "free"]);
});

test("a failed probe neither ends the pause nor begins another", () => {
  const paused = pausedBy(record(...times(10, "failed")), LIMIT, NOW);
  const failed = withEnd(paused, { jobId: "probe", leaseNumber: 1, space: "s", how: "failed" });
  assert.deepEqual([failed.pause, failed.refundsDue], [paused.pause, paused.refundsDue]);
  assert.equal(pausedBy(failed, LIMIT, at(5)), failed);
});

test("ends noted again, in any order, change nothing", () => {
  const end = fc.record({
    jobId: fc.constantFrom("a", "b", "c", "d"),
    leaseNumber: fc.integer({ min: 1, max: 3 }),
    space: fc.constantFrom("s", "t"),
    how: fc.constantFrom(...LEASE_ENDS),
  });
  const steps = fc.array(fc.tuple(end, fc.nat(20)), { maxLength: 40 });
  fc.assert(
    fc.property(steps, (all) => {
      const noted: LeaseEnd[] = [];
      let once = EMPTY_RECORD;
      let withRepeats = EMPTY_RECORD;
      for (const [index, [next, repeat]] of all.entries()) {
        noted.push(next);
        once = pausedBy(withEnd(once, next), 4, at(index));
        withRepeats = pausedBy(withEnd(withRepeats, next), 4, at(index));
        const repeated = noted[repeat % noted.length];
        if (repeated) withRepeats = pausedBy(withEnd(withRepeats, repeated), 4, at(index));
      }
      assert.deepEqual(withRepeats, once);
    }),
    { numRuns: 2_000 },
  );
});

test("after a success fifty ends are kept, each known when it is noted again", () => {
  const worked = record(...times(120, "succeeded"));
  assert.equal(worked.ends.length, 51);
  for (const end of worked.ends) assert.equal(withEnd(worked, end), worked);
  const failing = times(150, "failed").reduce(
    (before, [how, space], index) => withEnd(before, { jobId: `later${index}`, leaseNumber: 1, space, how }),
    worked,
  );
  assert.deepEqual([failing.ends.length, evidence(failing)], [200, 150]);
});
