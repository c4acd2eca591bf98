/**
 * Histories as `shared/queue/histories.test.ts` has them, fewer, but on Firestore, with several machines really at work at the same time: by
 * gRPC, by REST, and some by the one and some by the other.
 */
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import type { Firestore } from "@google-cloud/firestore";
import { completeJob } from "#functions/engine/completeJob.ts";
import { giveBack } from "#functions/engine/giveBack.ts";
import { heldLease } from "#functions/engine/heldLease.ts";
import { leaseJobs } from "#functions/engine/leaseJobs.ts";
import { renewLease } from "#functions/engine/renewLease.ts";
import { endExpiredLeases, endOverdueBackOffs, republishEnds } from "#functions/sweep/queueRepairs.ts";
import { plusSeconds } from "#shared/platform/clock.ts";
import { ReverieError } from "#shared/platform/errors.ts";
import { createRestFirestore } from "#shared/platform/firestore/rest/client.ts";
import { changeJob } from "#shared/queue/changeJob.ts";
import { isOpen, type Job, jobSchema } from "#shared/queue/jobDocument.ts";
import { retryJob } from "#shared/queue/retryJob.ts";
import { endBackOff, endLease } from "#shared/queue/timers.ts";
import { ENGINE, type QueueHarness, type QueueTestDeps, queueHarness, SPACE } from "./harness.ts";

const ROUNDS = 2;
const TRANSPORTS = ["gRPC", "REST", "both"] as const;
const JOBS = 6;
const MACHINES = 5;
const STEPS = 50;

let queue: QueueHarness;
let rest: Firestore;
before(async () => {
  queue = await queueHarness({ deps: { leaseSeconds: { min: 1, max: 3600 }, backoffMaxSeconds: 20 } });
  rest = createRestFirestore({ GOOGLE_CLOUD_PROJECT: queue.backend.projectId });
});
after(() => queue.backend.drop());
beforeEach(() => queue.backend.clear());

/** A machine's view of things: its clock is off, and what follows its commits is lost as often as not, as by a crash. */
function machine(random: () => number, firestore: Firestore): QueueTestDeps {
  const skewSeconds = (random() - 0.5) * 600;
  const crashing = async () => {
    if (random() < 0.5) throw new Error("crashed between two writes");
  };
  return {
    ...queue.deps,
    firestore,
    random,
    clock: () => plusSeconds(queue.now, skewSeconds),
    tasks: {
      ...queue.deps.tasks,
      add: async (task) => {
        await crashing();
        return queue.deps.tasks.add(task);
      },
    },
    publisher: {
      publish: async (event) => {
        await crashing();
        await queue.deps.publisher.publish(event);
      },
    },
  };
}

/** What everyone has seen: leases that were given, and completions that were answered with success. */
interface Book {
  readonly leaseIds: string[];
  readonly completed: Map<string, Set<string>>;
}

async function step(deps: QueueTestDeps, jobIds: readonly string[], book: Book, random: () => number) {
  const pick = <T>(list: readonly T[]) => list[Math.floor(random() * list.length)];
  const jobId = pick(jobIds) ?? "";
  // A lease of any engine, new or long over; the answer to a request may have been lost, then it isn't in the book.
  const leaseId = random() < 0.6 ? book.leaseIds.at(-1) : pick(book.leaseIds);
  const what = random();
  if (what < 0.3) {
    const body = { engineId: `e${random()}`, kinds: ["scene"], max: 2, leaseSeconds: 60 };
    const key = random() < 0.5 ? `k${Math.floor(random() * 4)}` : undefined;
    const leases = await leaseJobs({ caller: ENGINE, key, body }, deps);
    if (random() < 0.8) book.leaseIds.push(...leases.map((lease) => lease.leaseId));
  } else if (what < 0.65 && leaseId !== undefined) await sayAbout(leaseId, deps, book, random);
  else if (what < 0.75) {
    const job = await queue.job(jobId);
    await endLease({ jobId, leaseNumber: job.leaseNumber - (random() < 0.3 ? 1 : 0) }, deps);
    await endBackOff({ jobId, enqueueCount: job.enqueueCount }, deps);
  } else if (what < 0.78) await changeJob(jobId, { type: "cancel" }, deps);
  else if (what < 0.84) await retryJob(jobId, deps);
  else queue.pass(random() * 60);
}

async function sayAbout(leaseId: string, deps: QueueTestDeps, book: Book, random: () => number) {
  const what = random();
  if (what < 0.35) {
    await renewLease(await heldLease(leaseId, "renew", deps.firestore), { leaseSeconds: 60 }, deps);
  } else if (what < 0.65) {
    const { jobId } = await heldLease(leaseId, "complete", deps.firestore);
    await queue.complete(leaseId);
    const leases = book.completed.get(jobId) ?? new Set();
    book.completed.set(jobId, leases.add(leaseId));
    await completeJob(await heldLease(leaseId, "complete", deps.firestore), { files: [] }, deps);
  } else if (what < 0.85) {
    const retryable = random() < 0.8;
    const how = { type: "fail", code: "c", message: "m", retryable } as const;
    await giveBack(await heldLease(leaseId, "fail", deps.firestore), how, deps);
  } else await giveBack(await heldLease(leaseId, "release", deps.firestore), { type: "release" }, deps);
}

/** Refusals are what late and mistaken requests are there for; anything else is a fault. */
async function unlessRefused(work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!(error instanceof ReverieError) || error.status >= 500) throw error;
  }
}

async function allJobs(): Promise<Map<string, Job>> {
  const found = await queue.firestore.collection("jobs").get();
  return new Map(found.docs.map((document) => [document.id, jobSchema.parse(document.data())]));
}

/** What sweep and one honest engine make of what is left. */
async function drain(): Promise<Map<string, Job>> {
  for (let turn = 0; turn < 60; turn++) {
    queue.pass(400);
    await endExpiredLeases(queue.deps);
    await endOverdueBackOffs(queue.deps);
    await republishEnds(queue.deps);
    for (const { leaseId } of await queue.lease({ max: 10 })) await queue.complete(leaseId);
    const jobs = await allJobs();
    if ([...jobs.values()].every((job) => !isOpen(job) && !job.notificationPending)) return jobs;
  }
  throw new Error("some jobs never came to an end");
}

for (const [transport, round] of TRANSPORTS.flatMap((each) =>
  Array.from({ length: ROUNDS }, (_, index) => [each, index + 1] as const),
)) {
  test(`clocks apart, crashes, late calls: one end and result (${transport}, ${round})`, async () => {
    const random = Math.random;
    const book: Book = { leaseIds: [], completed: new Map() };
    const jobIds: string[] = [];
    for (let index = 0; index < JOBS; index++) jobIds.push((await queue.submit()).id);
    await Promise.all(
      Array.from({ length: MACHINES }, async (_, index) => {
        const isRest = transport === "REST" || (transport === "both" && index % 2 === 0);
        const deps = machine(random, isRest ? rest : queue.firestore);
        for (let index = 0; index < STEPS; index++) await unlessRefused(step(deps, jobIds, book, random));
      }),
    );
    const jobs = await drain();
    assert.equal(jobs.size, JOBS);
    for (const [jobId, job] of jobs) {
      const result = (await queue.firestore.doc(`results/${jobId}`).get()).data();
      assert.equal(result !== undefined, job.state === "succeeded", `${jobId} is ${job.state}`);
      assert.ok(job.attempt <= job.maxAttempts);
      assert.ok((book.completed.get(jobId)?.size ?? 0) <= 1, "two leases completed one job");
      if (job.state === "succeeded") {
        assert.equal(result?.leaseNumber, job.leaseNumber);
        assert.equal(job.lastLease?.how, "completed");
      }
      const notices = queue.published.filter(
        (event) =>
          event.type === "job_failed" && event.jobId === jobId && event.at === job.finishedAt?.toISOString(),
      );
      if (job.state === "failed") assert.ok(notices.length >= 1, "a failure was never published");
    }
    const line = (await queue.firestore.doc(`lines/${SPACE}`).get()).data();
    assert.deepEqual([line?.open, line?.kinds.scene.placed], [0, 0]);
  });
}
