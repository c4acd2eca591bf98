import assert from "node:assert/strict";
import { test } from "node:test";
import { isConflict } from "../platform/firestore/retryConflicts.ts";
import type { Result } from "../results/resultDocument.ts";
import { commitJob, type JobRequest } from "./commitJob.ts";
import { isOpen, type Job } from "./jobDocument.ts";
import type { Stored } from "./jobStore.ts";
import type { Line } from "./lineDocument.ts";
import { jobWith } from "./testing/jobFixture.ts";
import { MemoryDocuments, memoryJobStore } from "./testing/memoryJobStore.ts";
import { completion, THING } from "./testing/worldRequests.ts";
import { holds } from "./transition.ts";

/**
 * All interleavings of two engines on one job: each may lease, renew, complete, fail and release with the latest lease it was given,
 * valid or not; each of its calls reads first and commits later, is decided again when it met another, or dies in between; its answers
 * may be lost, so it may say anything twice. Leases end at any moment, attempts may be refunded, and a person may cancel. The number of leases is bounded.
 */
const MOST_LEASES = 4;
const NOW = new Date("2026-03-01T10:00:00Z");
const MUCH_LATER = new Date("2026-03-02T10:00:00Z");
const CALLS = ["lease", "renew", "complete", "fail", "release"] as const;
const JOB_ID = "job";
type Call = (typeof CALLS)[number];

interface Engine {
  /** The latest lease it was given; undefined if it was given none, or never heard of it. */
  readonly token: string | undefined;
  /** A call under way, and the job as it has read it. */
  readonly underWay: { readonly call: Call; readonly read: Stored<Job> } | undefined;
}

interface State {
  readonly job: Stored<Job>;
  readonly line: Stored<Line>;
  readonly results: readonly Result[];
  readonly engines: readonly [Engine, Engine];
}

function requestOf(call: Call, engine: number, state: State): JobRequest | undefined {
  if (call === "lease") {
    const hash = `${engine}.${state.job.content.leaseNumber + 1}`;
    return { type: "lease", hash, accountId: "a", engineId: `e${engine}`, seconds: 60 };
  }
  const hash = state.engines[engine]?.token;
  if (hash === undefined) return undefined;
  if (call === "renew") return { type: "renew", hash, seconds: 60 };
  if (call === "complete") return completion(hash);
  if (call === "fail") return { type: "fail", hash, code: "c", message: "m", retryable: true };
  return { type: "release", hash };
}

/**
 * What a commit makes of the documents, with what must hold at every change.
 * @param read the job as it was read before; as it is now if undefined
 * @returns undefined when the commit met another
 */
async function attempt(
  state: State,
  request: JobRequest,
  now: Date,
  read?: Stored<Job>,
): Promise<State | undefined> {
  const documents = new MemoryDocuments();
  documents.jobs.set(JOB_ID, state.job);
  documents.lines.set("s", state.line);
  documents.results.set(JOB_ID, state.results);
  const store = memoryJobStore(documents);
  const deps = {
    store: read ? { ...store, readJob: async () => read } : store,
    kinds: new Map([["thing", THING]]),
    clock: () => now,
    backoffMaxSeconds: undefined,
    jobRetentionDays: 90,
  };
  try {
    await commitJob(JOB_ID, request, deps);
  } catch (error) {
    if (isConflict(error)) return undefined;
    throw error;
  }
  const [job, line] = [documents.jobs.get(JOB_ID), documents.lines.get("s")];
  const results = documents.results.get(JOB_ID) ?? [];
  assert.ok(job && line);
  if (job !== state.job) checkChange(state.job.content, request, job.content, line.content, results);
  return { ...state, job, line, results };
}

function checkChange(before: Job, request: JobRequest, after: Job, line: Line, results: readonly Result[]) {
  if ("hash" in request && request.type !== "lease") {
    assert.ok(holds(before, request.hash), "a lease that is over changed the job");
  }
  assert.ok(isOpen(before), "an ended job was changed");
  assert.ok(after.attempt <= after.maxAttempts);
  assert.equal(results.length, after.state === "succeeded" ? 1 : 0, "one result exactly if it succeeded");
  for (const { leaseNumber, files } of results) {
    assert.equal(leaseNumber, after.leaseNumber, "the result is of the last lease");
    assert.equal(files[0]?.object, `of ${before.lease?.hash}`, "and so are its files");
  }
  const isPublishedLater = after.state === "failed" || after.state === "cancelled";
  assert.equal(after.notificationPending, isPublishedLater, "a failure or cancellation is published later");
  assert.equal(line.open, isOpen(after) ? 1 : 0, "open jobs are counted");
  assert.equal(line.kinds.thing?.placed, after.place ? 1 : 0, "places are counted");
}

async function applied(state: State, request: JobRequest, now: Date): Promise<State> {
  const after = await attempt(state, request, now);
  assert.ok(after, "a commit that met no other was refused");
  return after;
}

function withEngine(state: State, index: number, change: Partial<Engine>): State {
  const [one, two] = state.engines;
  return {
    ...state,
    engines: index === 0 ? [{ ...one, ...change }, two] : [one, { ...two, ...change }],
  };
}

async function* nextStates(state: State): AsyncGenerator<State> {
  const { leaseNumber } = state.job.content;
  for (const index of [0, 1]) {
    const underWay = state.engines[index]?.underWay;
    if (underWay) {
      yield withEngine(state, index, { underWay: undefined }); // it died, or its claim was lost to another
      yield* committed(withEngine(state, index, { underWay: undefined }), index, underWay);
      continue;
    }
    for (const call of CALLS) {
      if (call === "lease" && leaseNumber >= MOST_LEASES) continue;
      if (requestOf(call, index, state))
        yield withEngine(state, index, { underWay: { call, read: state.job } });
    }
  }
  yield await applied(state, { type: "lease_ended", leaseNumber }, MUCH_LATER);
  yield await applied(state, { type: "lease_ended", leaseNumber: leaseNumber - 1 }, MUCH_LATER);
  yield await applied(state, { type: "attempt_refunded", leaseNumber }, NOW);
  yield await applied(state, { type: "cancel" }, NOW);
}

async function* committed(
  state: State,
  index: number,
  { call, read }: NonNullable<Engine["underWay"]>,
): AsyncGenerator<State> {
  const request = requestOf(call, index, { ...state, job: call === "lease" ? read : state.job });
  if (!request) return;
  const first = await attempt(state, request, NOW, read);
  // A claim depends on the job being as it was found; any other call is decided again.
  if (!first && call === "lease") return;
  const after = first ?? (await applied(state, request, NOW));
  yield after; // the answer was lost
  if (request.type === "lease" && after.job.content.lease?.hash === request.hash) {
    yield withEngine(after, index, { token: request.hash });
  }
}

/** Which version an old read is of makes no difference: the commit meets another in any case. */
function keyOf({ job, results, engines }: State): string {
  const { state, attempt, attemptRefunded, leaseNumber, lease, lastLease } = job.content;
  const last = lastLease && [lastLease.hash, lastLease.how];
  const calls = engines.map(({ token, underWay }) => [
    token,
    underWay?.call,
    underWay?.read.version === job.version,
  ]);
  return JSON.stringify([
    state,
    attempt,
    attemptRefunded,
    leaseNumber,
    lease?.hash,
    last,
    results.length,
    calls,
  ]);
}

function start(): State {
  const version = { seconds: 0, nanoseconds: 0 };
  const queued = jobWith({ kind: "thing", maxAttempts: THING.maxAttempts });
  const counted = { open: 1, placed: 1, finish: 1 };
  const idle = { token: undefined, underWay: undefined };
  return {
    job: { content: queued, version },
    line: { content: { open: 1, kinds: { thing: counted } }, version },
    results: [],
    engines: [idle, idle],
  };
}

/** Every state that can be reached, and from which states. */
async function explore(): Promise<{ known: Map<string, State>; cameFrom: Map<string, string[]> }> {
  const first = start();
  const known = new Map<string, State>([[keyOf(first), first]]);
  const cameFrom = new Map<string, string[]>();
  const queue = [first];
  for (let state = queue.pop(); state; state = queue.pop()) {
    const tokens = new Set(state.engines.map(({ token }) => token));
    const { content: job } = state.job;
    const valid = [...tokens].filter((token) => token !== undefined && holds(job, token));
    assert.ok(valid.length <= 1, "two valid leases");
    const key = keyOf(state);
    for await (const next of nextStates(state)) {
      const nextKey = keyOf(next);
      cameFrom.set(nextKey, [...(cameFrom.get(nextKey) ?? []), key]);
      if (known.has(nextKey)) continue;
      known.set(nextKey, next);
      queue.push(next);
    }
  }
  return { known, cameFrom };
}

/** Begun before the first test is: from then on Node's test runner follows every promise, which takes five times as long. */
const exploration = await explore().catch((error: Error) => error);

test("two engines on one job, all interleavings of commitJob: one lease, one result", () => {
  if (exploration instanceof Error) throw exploration;
  const { known, cameFrom } = exploration;
  const ends = [...known].filter(([, { job }]) => !isOpen(job.content));
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
    new Set(ends.map(([, { job }]) => job.content.state)),
    new Set(["succeeded", "failed", "cancelled"]),
  );
  assert.ok(known.size > 1_000, `${known.size} states were explored`);
});
