/**
 * The life of a job as a pure function. `commitJob` applies it; nothing else changes a job.
 *
 *   awaiting_upload → queued → running → succeeded | failed | cancelled
 *
 * A lease is valid exactly as long as the document names its hash. Clocks decide when a lease may be ended, never whether a
 * lease id is accepted: clocks that differ can cost time, but can't let two engines finish one job.
 *
 * `transition.test.ts` shows the whole of it as a table.
 */
import { type Reason, reasonOf } from "../kinds/failures.ts";
import { MAX_ANNOUNCED } from "../kinds/kind.ts";
import { plusSeconds } from "../platform/clock.ts";
import { fillAll, fillInputs } from "./fillInputs.ts";
import { isOpen, type Job } from "./jobDocument.ts";
import type {
  Changed,
  Effect,
  EventOf,
  JobEvent,
  Outcome,
  Refusal,
  Refused,
  Rules,
  UploadState,
} from "./jobEvent.ts";

/**
 * What becomes of a job by an event. A job that comes out `waiting` without a `place` is given one before it is written
 * (`placeInLine`).
 * @param job undefined when there is none yet: only `submit` makes one
 */
export function transition(job: Job | undefined, event: JobEvent, now: Date, rules: Rules): Outcome {
  const outcome = outcomeOf(job, event, now, rules);
  const isErased = "spaceErased" in event && event.spaceErased;
  // An erased space takes no job and no result. Its uploads are erased too, so a refusal over one has the same reason.
  const dependsOnSpace = outcome.verdict === "changed" || "role" in outcome;
  return isErased && dependsOnSpace ? refused("space_erased") : outcome;
}

function outcomeOf(job: Job | undefined, event: JobEvent, now: Date, rules: Rules): Outcome {
  if (event.type === "submit") return job ? refused("job_exists") : submit(event, now, rules);
  if (!job) return refused("job_unknown");
  switch (event.type) {
    case "input_received":
      return inputKnown(job, event.uploadId, { state: "received", received: event.received }, now, rules);
    case "input_rejected":
      return inputKnown(job, event.uploadId, { state: "rejected", reason: event.reason }, now, rules);
    case "inputs_missing":
      return inputsMissing(job, now, rules);
    case "lease":
      return lease(job, event, now, rules);
    case "renew":
      return renew(job, event, now, rules);
    case "announce":
      return announce(job, event, now);
    case "complete":
      return complete(job, event, now, rules);
    case "fail":
      return fail(job, event, now, rules);
    case "release":
      return release(job, event.hash, now);
    case "attempt_refunded":
      return attemptRefunded(job, event.leaseNumber);
    case "lease_ended":
      return leaseEnded(job, event.leaseNumber, now, rules);
    case "back_off_ended":
      return backOffEnded(job, event.enqueueCount, now);
    case "cancel":
      return cancel(job, now, rules);
    case "retry":
      return retry(job, event, now, rules);
    case "notification_sent":
      return notificationSent(job, event.finishedAt);
    case "creator_erased":
      return creatorErased(job, event);
  }
}

/** Whether this lease may still do anything to the job. */
export function holds(job: Job, hash: string): boolean {
  return job.state === "running" && job.lease?.hash === hash;
}

/** Whether an engine with this lease was overtaken by a person who cancelled. */
export function wasCancelled(job: Job, hash: string): boolean {
  return job.lastLease?.how === "cancelled" && job.lastLease.hash === hash;
}

function submit({ submission, uploads }: EventOf<"submit">, now: Date, rules: Rules): Outcome {
  const { kind, spaceId, createdBy, trace, title, params } = submission;
  const inputs = Object.fromEntries(
    Object.entries(submission.inputs).map(([role, uploadId]) => [
      role,
      { uploadId, state: "waiting" as const, received: null },
    ]),
  );
  const filled = fillAll(inputs, uploads, rules);
  if ("why" in filled) return filled;
  const job: Job = {
    kind,
    spaceId,
    createdBy,
    trace,
    title,
    params,
    ...filled,
    state: "awaiting_upload",
    attempt: 0,
    maxAttempts: rules.maxAttempts,
    attemptRefunded: false,
    leaseNumber: 0,
    lease: null,
    lastLease: null,
    progress: null,
    error: null,
    place: null,
    waiting: false,
    enqueueCount: 0,
    availableAt: null,
    tookSeconds: null,
    notificationPending: false,
    createdAt: now,
    updatedAt: now,
    finishedAt: null,
    expiresAt: null,
  };
  return awaitOrEnter(job, now);
}

/** An upload is known to be received or rejected. */
function inputKnown(job: Job, uploadId: string, state: UploadState, now: Date, rules: Rules): Outcome {
  if (job.state !== "awaiting_upload" || !job.waitingFor.includes(uploadId)) return unchanged(job);
  const { inputs, waitingFor, problem } = fillInputs(job.inputs, new Map([[uploadId, state]]), rules);
  if (problem) return failed({ ...job, inputs }, problem.reason, now, rules);
  return awaitOrEnter({ ...job, inputs, waitingFor }, now);
}

function inputsMissing(job: Job, now: Date, rules: Rules): Outcome {
  if (job.state !== "awaiting_upload") return unchanged(job);
  return failed(job, reasonOf("upload_missing"), now, rules);
}

function lease(job: Job, event: EventOf<"lease">, now: Date, rules: Rules): Outcome {
  if (job.state !== "queued" || !job.waiting) return refused("not_waiting");
  const leaseNumber = job.leaseNumber + 1;
  const until = plusSeconds(now, Math.min(event.seconds, rules.leaseCeilingSeconds));
  return changed(
    job,
    {
      state: "running",
      waiting: false,
      attempt: job.attemptRefunded ? job.attempt : job.attempt + 1,
      attemptRefunded: false,
      leaseNumber,
      lease: {
        hash: event.hash,
        accountId: event.accountId,
        engineId: event.engineId,
        startedAt: now,
        until,
        outputs: {},
      },
      progress: { fraction: 0, stage: null },
    },
    now,
    [{ type: "lease_timer", leaseNumber, at: until }],
  );
}

/** Longer, up to the kind's ceiling; never shorter, since the engine was promised the time. */
function renew(job: Job, event: EventOf<"renew">, now: Date, rules: Rules): Outcome {
  if (wasCancelled(job, event.hash)) return unchanged(job);
  if (!job.lease || !holds(job, event.hash)) return refused("lease_lost");
  const ceiling = plusSeconds(job.lease.startedAt, rules.leaseCeilingSeconds);
  const wanted = plusSeconds(now, event.seconds);
  const until = new Date(Math.max(job.lease.until.getTime(), Math.min(wanted.getTime(), ceiling.getTime())));
  const progress = {
    fraction: event.progress ?? job.progress?.fraction ?? 0,
    stage: event.stage === undefined ? (job.progress?.stage ?? null) : event.stage,
  };
  return changed(job, { lease: { ...job.lease, until }, progress }, now);
}

function announce(job: Job, event: EventOf<"announce">, now: Date): Outcome {
  if (!job.lease || !holds(job, event.hash)) return refused("lease_lost");
  const outputs = { ...job.lease.outputs, ...event.files };
  if (Object.keys(outputs).length > MAX_ANNOUNCED) return refused("too_many_outputs");
  return changed(job, { lease: { ...job.lease, outputs } }, now);
}

function complete(job: Job, event: EventOf<"complete">, now: Date, rules: Rules): Outcome {
  const { hash, files, data } = event;
  if (!job.lease || !holds(job, hash)) return repeated(job, hash, "completed");
  const tookSeconds = Math.max(0, (now.getTime() - job.lease.startedAt.getTime()) / 1000);
  const progress = { fraction: 1, stage: null };
  const { kind, spaceId, createdBy, trace, title, params, leaseNumber } = job;
  return {
    ...ended(
      { ...job, ...withoutLease(job, "completed"), state: "succeeded", progress, tookSeconds },
      now,
      rules,
    ),
    result: { kind, spaceId, createdBy, trace, title, params, files, data, leaseNumber, completedAt: now },
  };
}

function fail(job: Job, event: EventOf<"fail">, now: Date, rules: Rules): Outcome {
  if (!holds(job, event.hash)) return repeated(job, event.hash, "failed");
  const over = { ...job, ...withoutLease(job, "failed") };
  if (!event.retryable || job.attempt >= job.maxAttempts) {
    return failed(over, { code: event.code, message: event.message }, now, rules);
  }
  const seconds = backoffSeconds(rules, job.attempt);
  if (seconds === 0) return enter({ ...over, progress: null }, now);
  const availableAt = plusSeconds(now, seconds);
  return changed(over, { state: "queued", waiting: false, availableAt, progress: null }, now, [
    { type: "entry_timer", enqueueCount: job.enqueueCount, at: availableAt },
  ]);
}

/** The wait before the next attempt, in seconds: `base · 2^(attempt−1)`, at most `max`. */
function backoffSeconds({ backoff }: Pick<Rules, "backoff">, attempt: number): number {
  return Math.min(backoff.maxSeconds, backoff.baseSeconds * 2 ** Math.max(0, attempt - 1));
}

function release(job: Job, hash: string, now: Date): Outcome {
  if (!holds(job, hash)) return repeated(job, hash, "released");
  return enter({ ...job, ...withoutLease(job, "released"), attemptRefunded: true, progress: null }, now);
}

/** The next lease continues the attempt, as after a release. Only while the job waits for that lease: afterwards it counts. */
function attemptRefunded(job: Job, leaseNumber: number): Outcome {
  const wasSpent = job.lastLease?.how === "failed" || job.lastLease?.how === "ended";
  if (job.state !== "queued" || job.leaseNumber !== leaseNumber || !wasSpent || job.attemptRefunded) {
    return unchanged(job);
  }
  return noted(job, { attemptRefunded: true });
}

function leaseEnded(job: Job, leaseNumber: number, now: Date, rules: Rules): Outcome {
  if (job.state !== "running" || !job.lease || job.leaseNumber !== leaseNumber) return unchanged(job);
  const { until, startedAt } = job.lease;
  if (until > now) return unchanged(job, [{ type: "lease_timer", leaseNumber, at: until }]);
  const over = { ...job, ...withoutLease(job, "ended") };
  if (job.attempt < job.maxAttempts) return enter({ ...over, progress: null }, now);
  const tooLong = until >= plusSeconds(startedAt, rules.leaseCeilingSeconds);
  return failed(over, reasonOf(tooLong ? "took_too_long" : "engine_lost"), now, rules);
}

function backOffEnded(job: Job, enqueueCount: number, now: Date): Outcome {
  const { state, availableAt } = job;
  if (state !== "queued" || availableAt === null || job.enqueueCount !== enqueueCount) return unchanged(job);
  if (availableAt > now) return unchanged(job, [{ type: "entry_timer", enqueueCount, at: availableAt }]);
  return enter(job, now);
}

function cancel(job: Job, now: Date, rules: Rules): Outcome {
  if (job.state === "cancelled") return unchanged(job);
  if (!isOpen(job)) return refused("job_finished");
  const over = job.lease ? withoutLease(job, "cancelled") : {};
  const end = { state: "cancelled", progress: null, notificationPending: true } as const;
  return ended({ ...job, ...over, ...end }, now, rules, [{ type: "notification" }]);
}

/** Starts again what failed or was cancelled. What had arrived stays; what arrived meanwhile counts. */
function retry(job: Job, event: EventOf<"retry">, now: Date, rules: Rules): Outcome {
  if (isOpen(job)) return refused("job_not_finished");
  if (job.state === "succeeded") return refused("job_finished");
  if (job.state === "cancelled" && event.onlyFailed) return refused("job_cancelled");
  const filled = fillAll(job.inputs, event.uploads, rules);
  if ("why" in filled) return filled;
  const again: Job = {
    ...job,
    ...filled,
    state: "awaiting_upload",
    error: null,
    finishedAt: null,
    expiresAt: null,
    notificationPending: false,
    attemptRefunded: false,
    maxAttempts: Math.max(job.maxAttempts, job.attempt + rules.maxAttempts),
  };
  return awaitOrEnter(again, now);
}

/** A person may have retried it since, and it may have ended again: that end has a notification of its own. */
function notificationSent(job: Job, finishedAt: Date): Outcome {
  const isThatEnd = !isOpen(job) && job.finishedAt?.getTime() === finishedAt.getTime();
  if (!isThatEnd || !job.notificationPending) return unchanged(job);
  return noted(job, { notificationPending: false });
}

function creatorErased(job: Job, { creator, replacement }: EventOf<"creator_erased">): Outcome {
  return job.createdBy === creator ? noted(job, { createdBy: replacement }) : unchanged(job);
}

/** Enters the line, unless uploads are still to come. */
function awaitOrEnter(job: Job, now: Date): Outcome {
  return job.waitingFor.length > 0 ? changed(job, {}, now) : enter(job, now);
}

/** In line now. A place that the job has is kept: one that was interrupted doesn't queue again. */
function enter(job: Job, now: Date): Outcome {
  const enqueueCount = job.enqueueCount + 1;
  const changes = { state: "queued", waiting: true, availableAt: null, enqueueCount } as const;
  return changed(job, changes, now, [{ type: "ring" }]);
}

function withoutLease(job: Job, how: NonNullable<Job["lastLease"]>["how"]): Pick<Job, "lease" | "lastLease"> {
  if (!job.lease) return { lease: null, lastLease: null };
  const { hash, accountId, engineId, until } = job.lease;
  return { lease: null, lastLease: { hash, accountId, engineId, how, until } };
}

/** The last call of a lease, made again, is still true; any other call of a lease that is over is lost. */
function repeated(job: Job, hash: string, how: "completed" | "failed" | "released"): Outcome {
  return job.lastLease?.hash === hash && job.lastLease.how === how ? unchanged(job) : refused("lease_lost");
}

function failed(job: Job, { code, message }: Reason, now: Date, rules: Rules): Changed {
  const failure = {
    state: "failed",
    error: { code, message },
    progress: null,
    notificationPending: true,
  } as const;
  return ended({ ...job, ...failure }, now, rules, [{ type: "notification" }]);
}

function ended(job: Job, now: Date, rules: Rules, effects: readonly Effect[] = []): Changed {
  const expiresAt = plusSeconds(now, rules.retentionDays * 86_400);
  const changes = { waiting: false, waitingFor: [], availableAt: null, finishedAt: now, expiresAt };
  return changed(job, changes, now, effects);
}

function changed(job: Job, changes: Partial<Job>, now: Date, effects: readonly Effect[] = []): Changed {
  return { verdict: "changed", job: { ...job, ...changes, updatedAt: now }, result: undefined, effects };
}

/** Something is noted that people don't see: `updatedAt` stays. */
function noted(job: Job, changes: Partial<Job>): Outcome {
  return { verdict: "changed", job: { ...job, ...changes }, result: undefined, effects: [] };
}

function unchanged(job: Job, effects: readonly Effect[] = []): Outcome {
  return { verdict: "unchanged", job, effects };
}

function refused(why: Refusal): Refused {
  return { verdict: "refused", why };
}
