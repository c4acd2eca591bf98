/** What must be true of the documents at every write of a random history. */
import assert from "node:assert/strict";
import type { JobRequest } from "../commitJob.ts";
import { isOpen, type Job } from "../jobDocument.ts";
import { holds } from "../transition.ts";
import type { MemoryDocuments } from "./memoryJobStore.ts";

/** What the world itself has seen. */
export interface Memory {
  /** Every lease that was given. */
  readonly tokens: { readonly jobId: string; readonly hash: string }[];
  /** Every failure that was published: job id and time of its end. */
  readonly published: Set<string>;
  /** The Idempotency-Key with which a job was submitted. */
  readonly keyOfJob: Map<string, string>;
}

/** @param after the job as it was written by the request */
export function checkChange(
  jobId: string,
  request: JobRequest,
  before: Job | undefined,
  after: Job,
  documents: MemoryDocuments,
): void {
  const { type } = request;
  assert.equal(before === undefined, type === "submit", "jobs are made exactly by submissions");
  if (documents.tombstones.has(after.spaceId)) {
    assert.ok(type !== "submit" && type !== "retry" && type !== "complete", `${type} in an erased space`);
  }
  if (type === "retry") assert.ok(documents.lines.get(after.spaceId)?.content.open ?? 0 <= 2, "the limit");
  if (!before) return;
  if ("hash" in request && type !== "lease") {
    assert.ok(holds(before, request.hash), `${type} with a lease that is over changed the job`);
  }
  checkCounters(request, before, after);
  checkTimes(request, before, after);
  const bookkeeping = type === "notification_sent" || type === "creator_erased";
  assert.ok(isOpen(before) || type === "retry" || bookkeeping, `${before.state} was left by ${type}`);
  if (bookkeeping) {
    const { notificationPending, createdBy } = before;
    assert.deepEqual({ ...after, notificationPending, createdBy }, before, `${type} changed more`);
  }
  assert.equal(after.createdBy !== before.createdBy, type === "creator_erased", "the creator");
  if (before.lease && after.lease?.hash !== before.lease.hash) {
    assert.equal(after.lastLease?.hash, before.lease.hash, "how a lease ended is known");
  }
  if (type === "complete") checkResult(jobId, request.hash, before, after, documents);
  assert.ok(!before.waitingFor.includes("nothing"));
}

function checkCounters(request: JobRequest, before: Job, after: Job): void {
  const { type } = request;
  assert.ok(after.attempt >= before.attempt && after.attempt <= after.maxAttempts, "attempts");
  assert.ok(after.maxAttempts >= before.maxAttempts, "maxAttempts fell");
  assert.ok(after.leaseNumber >= before.leaseNumber, "leaseNumber fell");
  const enqueued = after.waiting && !before.waiting ? 1 : 0;
  assert.equal(
    after.enqueueCount - before.enqueueCount,
    enqueued,
    "enqueueCount counts entries into the line",
  );
  assert.equal(
    after.leaseNumber > before.leaseNumber,
    type === "lease",
    "a lease is given exactly by leasing",
  );
  assert.equal(
    after.attempt - before.attempt,
    type === "lease" && !before.attemptRefunded ? 1 : 0,
    "an attempt begins with a lease, unless the one before was given back",
  );
  const stays = before.attemptRefunded && type !== "lease" && type !== "retry";
  assert.equal(after.attemptRefunded, type === "release" || type === "attempt_refunded" || stays);
  if (type === "attempt_refunded") {
    assert.ok(before.lease === null && request.leaseNumber === before.leaseNumber, "another lease's attempt");
    assert.deepEqual({ ...after, attemptRefunded: before.attemptRefunded }, before, "a refund changed more");
  }
  if (type === "lease_ended") {
    assert.equal(request.leaseNumber, before.leaseNumber, "a timer of an earlier lease ended this one");
  }
  if (type === "back_off_ended") assert.equal(request.enqueueCount, before.enqueueCount);
}

/** By the clock of the machine that wrote it. */
function checkTimes({ type }: JobRequest, before: Job, { updatedAt }: Job): void {
  if (type === "lease_ended") assert.ok((before.lease?.until ?? updatedAt) <= updatedAt, "ended early");
  if (type === "back_off_ended") assert.ok((before.availableAt ?? updatedAt) <= updatedAt, "early");
}

/** The result says what the job says, and has the files of the lease that completed it. */
function checkResult(jobId: string, hash: string, before: Job, after: Job, documents: MemoryDocuments): void {
  const { kind, spaceId, createdBy, trace, title, params, leaseNumber } = before;
  const [result] = documents.results.get(jobId) ?? [];
  assert.ok(result);
  const { files, ...rest } = result;
  assert.deepEqual(rest, {
    ...{ jobId, kind, spaceId, createdBy, trace, title, params, leaseNumber },
    ...{ data: null, completedAt: after.finishedAt },
  });
  assert.deepEqual(
    files.map((file) => file.object),
    [`of ${hash}`],
  );
}

/** What is true of all documents at any time. */
export function checkDocuments(documents: MemoryDocuments, memory: Memory): void {
  for (const [jobId, { content: job }] of documents.jobs) {
    const valid = memory.tokens.filter((token) => token.jobId === jobId && holds(job, token.hash));
    assert.equal(valid.length, job.state === "running" ? 1 : 0, "one valid lease exactly while it runs");
    assert.equal(job.state === "running", job.lease !== null);
    assert.ok(!job.waiting || (job.state === "queued" && job.place !== null), "waits without a place");
    assert.equal(job.state === "queued" && !job.waiting, job.availableAt !== null);
    assert.equal(isOpen(job), job.expiresAt === null);
    assert.equal(isOpen(job), job.finishedAt === null);
    assert.equal(job.state === "failed", job.error !== null);
    assert.equal(job.state === "awaiting_upload", job.waitingFor.length > 0);
    assert.ok(isOpen(job) || job.place === null, "a place after the end");
    checkNotification(jobId, job, memory);
    const key = memory.keyOfJob.get(jobId);
    assert.ok(key === undefined || documents.records.has(key), "the answer is on record with its job");
  }
  assert.equal(new Set(memory.keyOfJob.values()).size, memory.keyOfJob.size, "two jobs for one key");
  checkResults(documents);
  checkLines(documents);
}

function checkNotification(jobId: string, job: Job, { published }: Memory): void {
  const isPublished = job.state === "failed" || job.state === "cancelled";
  assert.ok(
    !job.notificationPending || isPublished,
    "a notification of no failure or cancellation is pending",
  );
  if (!isPublished || job.notificationPending) return;
  assert.ok(published.has(`${jobId} ${job.finishedAt?.getTime()}`), "an end was never published");
}

/** Exactly one result was written for each job that succeeded, none for any other. */
function checkResults({ jobs, results }: MemoryDocuments): void {
  for (const [jobId, { content: job }] of jobs) {
    assert.equal(results.get(jobId)?.length ?? 0, job.state === "succeeded" ? 1 : 0, `results of ${jobId}`);
  }
  for (const jobId of results.keys()) assert.ok(jobs.has(jobId), "a result of no job");
}

/** Each space's line counts its open jobs, and those that have a place. */
function checkLines({ jobs, lines }: MemoryDocuments): void {
  const all = [...jobs.values()].map(({ content }) => content);
  for (const [spaceId, { content: line }] of lines) {
    const ofSpace = all.filter((job) => job.spaceId === spaceId);
    const open = ofSpace.filter(isOpen).length;
    assert.equal(line.open, open, "open jobs are counted");
    assert.equal(line.kinds.thing?.open, open, "open jobs of the kind are counted");
    assert.equal(line.kinds.thing?.placed, ofSpace.filter((job) => job.place).length, "places are counted");
  }
  for (const job of all) assert.ok(lines.has(job.spaceId), "a job that no line counts");
}
