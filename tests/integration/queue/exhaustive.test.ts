import assert from "node:assert/strict";
import { test } from "node:test";
import { isOpen, type Job } from "#shared/queue/jobDocument.ts";
import { holds, type JobEvent, newJob, transition } from "#shared/queue/transition.ts";
import { RULES, received } from "./world.ts";

/**
 * All interleavings of two engines on one job: each may lease, renew, complete, fail and release with the latest lease it was given,
 * valid or not; each of its calls reads first and commits later, is run again when it met another, or dies in between; its answers
 * may be lost, so it may say anything twice. Leases end at any moment and a person may cancel. The number of leases is bounded.
 */
const MOST_LEASES = 4;
const NOW = new Date("2026-03-01T10:00:00Z");
const MUCH_LATER = new Date("2026-03-02T10:00:00Z");
const CALLS = ["lease", "renew", "complete", "fail", "release"] as const;
type Call = (typeof CALLS)[number];

interface Engine {
  /** The latest lease it was given; undefined if it was given none, or never heard of it. */
  readonly token: string | undefined;
  /** A call under way, and whether the job is as it was read. */
  readonly underWay: { readonly call: Call; readonly fresh: boolean } | undefined;
}

interface State {
  readonly job: Job;
  readonly results: number;
  readonly engines: readonly [Engine, Engine];
}

function eventOf(call: Call, engine: number, state: State): JobEvent | undefined {
  if (call === "lease") {
    const hash = `${engine}.${state.job.leaseNumber + 1}`;
    return { type: "lease", hash, engineId: `e${engine}`, seconds: 60 };
  }
  const hash = state.engines[engine]?.token;
  if (hash === undefined) return undefined;
  if (call === "renew") return { type: "renew", hash, seconds: 60 };
  if (call === "fail") return { type: "fail", hash, code: "c", message: "m", retryable: true };
  return { type: call, hash };
}

/** What comes of an event, with what must hold at every change. */
function apply(state: State, event: JobEvent, now: Date): State {
  const outcome = transition(state.job, event, now, RULES);
  const stale = "hash" in event && event.type !== "lease" && !holds(state.job, event.hash);
  if (stale) assert.notEqual(outcome.verdict, "changed", "a lease that is over changed the job");
  if (outcome.verdict !== "changed") return state;
  assert.ok(isOpen(state.job), "an ended job was changed");
  const results = state.results + (outcome.effects.some(({ type }) => type === "result") ? 1 : 0);
  const job: Job = outcome.job.waiting
    ? { ...outcome.job, place: { tag: 0, behindOwn: false } }
    : outcome.job;
  assert.ok(job.attempt <= job.maxAttempts);
  assert.equal(results, job.state === "succeeded" ? 1 : 0);
  const [one, two] = state.engines;
  return { job, results, engines: [outdated(one), outdated(two)] };
}

function outdated(engine: Engine): Engine {
  return engine.underWay ? { ...engine, underWay: { ...engine.underWay, fresh: false } } : engine;
}

function withEngine(state: State, index: number, change: Partial<Engine>): State {
  const [one, two] = state.engines;
  return {
    ...state,
    engines: index === 0 ? [{ ...one, ...change }, two] : [one, { ...two, ...change }],
  };
}

function* nextStates(state: State): Generator<State> {
  for (const index of [0, 1]) {
    const underWay = state.engines[index]?.underWay;
    if (underWay) {
      yield withEngine(state, index, { underWay: undefined }); // it died, or its claim was lost to another
      yield* committed(withEngine(state, index, { underWay: undefined }), index, underWay);
      continue;
    }
    for (const call of CALLS) {
      if (call === "lease" && state.job.leaseNumber >= MOST_LEASES) continue;
      if (eventOf(call, index, state)) yield withEngine(state, index, { underWay: { call, fresh: true } });
    }
  }
  yield apply(state, { type: "lease_ended", leaseNumber: state.job.leaseNumber }, MUCH_LATER);
  yield apply(state, { type: "lease_ended", leaseNumber: state.job.leaseNumber - 1 }, MUCH_LATER);
  yield apply(state, { type: "cancel" }, NOW);
}

function* committed(
  state: State,
  index: number,
  { call, fresh }: NonNullable<Engine["underWay"]>,
): Generator<State> {
  // A claim depends on the document being as it was found; any other call is a transaction that is run again.
  if (call === "lease" && !fresh) return;
  const event = eventOf(call, index, state);
  if (!event) return;
  const after = apply(state, event, NOW);
  yield after; // the answer was lost
  if (event.type === "lease" && after.job.lease?.hash === event.hash) {
    yield withEngine(after, index, { token: event.hash });
  }
}

function keyOf({ job, results, engines }: State): string {
  const { state, attempt, spared, leaseNumber, lease, lastLease } = job;
  const last = lastLease && [lastLease.hash, lastLease.how];
  return JSON.stringify([state, attempt, spared, leaseNumber, lease?.hash, last, results, engines]);
}

test("two engines on one job, all interleavings: one valid lease, one result at most, and an end can be reached from everywhere", () => {
  const fresh = newJob(
    { kind: "thing", spaceId: "g", createdBy: "u", title: "t", params: {}, inputs: { one: "upload" } },
    RULES,
    NOW,
  );
  const engines = [
    { token: undefined, underWay: undefined },
    { token: undefined, underWay: undefined },
  ] as const;
  const start = apply({ job: fresh, results: 0, engines }, received("upload"), NOW);
  const known = new Map<string, State>([[keyOf(start), start]]);
  const cameFrom = new Map<string, string[]>();
  const queue = [start];
  for (let state = queue.pop(); state; state = queue.pop()) {
    const tokens = new Set(state.engines.map(({ token }) => token));
    const valid = [...tokens].filter((token) => token !== undefined && holds(state.job, token));
    assert.ok(valid.length <= 1, "two valid leases");
    const key = keyOf(state);
    for (const next of nextStates(state)) {
      const nextKey = keyOf(next);
      cameFrom.set(nextKey, [...(cameFrom.get(nextKey) ?? []), key]);
      if (known.has(nextKey)) continue;
      known.set(nextKey, next);
      queue.push(next);
    }
  }
  const ends = [...known].filter(([, { job }]) => !isOpen(job));
  const leadToEnd = new Set(ends.map(([key]) => key));
  const back = [...leadToEnd];
  for (let key = back.pop(); key !== undefined; key = back.pop()) {
    for (const from of cameFrom.get(key) ?? []) {
      if (leadToEnd.has(from)) continue;
      leadToEnd.add(from);
      back.push(from);
    }
  }
  assert.equal(leadToEnd.size, known.size, "some states lead nowhere");
  assert.deepEqual(
    new Set(ends.map(([, { job }]) => job.state)),
    new Set(["succeeded", "failed", "cancelled"]),
  );
  assert.ok(known.size > 1_000, `${known.size} states were explored`);
});
