/**
 * The life of a job as a pure function. Firestore transactions apply it; nothing else changes a job.
 *
 *   awaiting_upload → queued → running → succeeded | failed | cancelled
 *
 * A lease is valid exactly as long as the document names its hash. Clocks decide when a lease may be taken away, never whether a
 * token is believed: clocks that differ can cost time, but can't let two engines finish one job.
 */

import type { Kind } from "../kinds/kind.ts";
import { plusSeconds } from "../platform/clock.ts";
import { isOneOf } from "../platform/media/mediaTypes.ts";
import { isOpen, type Job, type JobInput } from "./jobDocument.ts";

/** What of a kind (and of the deployment) decides over a job's life. */
export type Rules = Pick<Kind, "inputs" | "maxAttempts" | "backoff" | "leaseCeilingSeconds">;

/** A code and a sentence, as a person is told why. */
export interface Reason {
  readonly code: string;
  readonly message: string;
}

export type JobEvent =
  /** An upload that this job names was settled. */
  | {
      readonly type: "input_settled";
      readonly uploadId: string;
      readonly upload:
        | { readonly state: "received"; readonly received: NonNullable<JobInput["received"]> }
        | { readonly state: "rejected"; readonly reason: Reason };
    }
  /** The uploads it waits for will not come any more. */
  | { readonly type: "inputs_missing" }
  | { readonly type: "lease"; readonly hash: string; readonly engineId: string; readonly seconds: number }
  | {
      readonly type: "renew";
      readonly hash: string;
      readonly seconds: number;
      readonly progress?: number | undefined;
      readonly stage?: string | null | undefined;
    }
  /** The engine announces files it is going to upload. */
  | {
      readonly type: "announce";
      readonly hash: string;
      readonly files: Readonly<Record<string, { contentType: string; size: number }>>;
    }
  | { readonly type: "complete"; readonly hash: string }
  | ({ readonly type: "fail"; readonly hash: string; readonly retryable: boolean } & Reason)
  | { readonly type: "release"; readonly hash: string }
  /** The timer of a lease went off. */
  | { readonly type: "lease_ended"; readonly leaseNumber: number }
  /** The timer of a back-off went off. */
  | { readonly type: "back_off_ended"; readonly entries: number }
  | { readonly type: "cancel" }
  | { readonly type: "retry" };

/** What has to be done besides writing the job: `result` in the same transaction, the others after it. All may be repeated. */
export type Effect =
  /** Work of this kind waits: ring the engines. */
  | { readonly type: "ring" }
  /** Look at this lease at its end. */
  | { readonly type: "lease_timer"; readonly leaseNumber: number; readonly at: Date }
  /** Let the job enter the line again. */
  | { readonly type: "entry_timer"; readonly entries: number; readonly at: Date }
  /** Write the result document. */
  | { readonly type: "result" }
  /** Tell that the job failed. */
  | { readonly type: "notice" };

export type Refusal = "lease_lost" | "job_finished" | "job_not_finished" | "upload_rejected" | "not_waiting";

export type Outcome =
  | { readonly verdict: "changed"; readonly job: Job; readonly effects: readonly Effect[] }
  /** The event was applied before or is about something long gone: nothing is written. A timer that came early is asked for anew. */
  | { readonly verdict: "unchanged"; readonly job: Job; readonly effects: readonly Effect[] }
  | { readonly verdict: "refused"; readonly why: Refusal };

/** How long a finished job is kept. */
export const FINISHED_JOB_DAYS = 90;

/** What a new job is made of. */
export interface Submission extends Pick<Job, "kind" | "spaceId" | "createdBy" | "title" | "params"> {
  /** Upload ids by role. */
  readonly inputs: Readonly<Record<string, string>>;
}

/** A job that was just submitted; what is known of its uploads follows as `input_settled`. */
export function newJob(submission: Submission, rules: Rules, now: Date): Job {
  const { kind, spaceId, createdBy, title, params, inputs } = submission;
  return {
    kind,
    spaceId,
    createdBy,
    title,
    params,
    inputs: Object.fromEntries(
      Object.entries(inputs).map(([role, uploadId]) => [
        role,
        { uploadId, state: "waiting", received: null },
      ]),
    ),
    waitingFor: [...new Set(Object.values(inputs))],
    state: "awaiting_upload",
    attempt: 0,
    maxAttempts: rules.maxAttempts,
    spared: false,
    leaseNumber: 0,
    lease: null,
    lastLease: null,
    progress: null,
    error: null,
    place: null,
    waiting: false,
    entries: 0,
    availableAt: null,
    tookSeconds: null,
    noticePending: false,
    createdAt: now,
    updatedAt: now,
    finishedAt: null,
    expiresAt: null,
  };
}

/**
 * What becomes of a job by an event. A job that comes out `waiting` without a `place` is given one before it is written
 * (`settleLine`).
 */
export function transition(job: Job, event: JobEvent, now: Date, rules: Rules): Outcome {
  switch (event.type) {
    case "input_settled":
      return settleInput(job, event, now, rules);
    case "inputs_missing":
      return inputsMissing(job, now);
    case "lease":
      return lease(job, event, now, rules);
    case "renew":
      return renew(job, event, now, rules);
    case "announce":
      return announce(job, event, now);
    case "complete":
      return complete(job, event.hash, now);
    case "fail":
      return fail(job, event, now, rules);
    case "release":
      return release(job, event.hash, now);
    case "lease_ended":
      return leaseEnded(job, event.leaseNumber, now, rules);
    case "back_off_ended":
      return backOffEnded(job, event.entries, now);
    case "cancel":
      return cancel(job, now);
    case "retry":
      return retry(job, now, rules);
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

/** The wait before the next attempt, in seconds: `base · 2^(attempt−1)`, at most `max`. */
export function backoffSeconds(rules: Pick<Rules, "backoff">, attempt: number): number {
  return Math.min(rules.backoff.maxSeconds, rules.backoff.baseSeconds * 2 ** Math.max(0, attempt - 1));
}

/** Why content can't fill a role of the kind, or undefined when it can. */
export function misfit(
  rules: Pick<Rules, "inputs">,
  role: string,
  received: { contentType: string; size: number },
): Reason | undefined {
  const rule = rules.inputs[role];
  if (!rule || !isOneOf(rule.contentTypes, received.contentType)) {
    return {
      code: "type_not_accepted",
      message: "One of the files isn't of a type that can be used for this.",
    };
  }
  return received.size > rule.maxBytes
    ? { code: "too_large", message: "One of the files is larger than can be used for this." }
    : undefined;
}

type Of<Type extends JobEvent["type"]> = Extract<JobEvent, { type: Type }>;

function settleInput(job: Job, event: Of<"input_settled">, now: Date, rules: Rules): Outcome {
  if (job.state !== "awaiting_upload" || !job.waitingFor.includes(event.uploadId)) return unchanged(job);
  const { uploadId, upload } = event;
  const inputs = { ...job.inputs };
  let problem: Reason | undefined;
  for (const [role, input] of Object.entries(job.inputs)) {
    if (input.uploadId !== uploadId) continue;
    const misfits = upload.state === "rejected" ? upload.reason : misfit(rules, role, upload.received);
    problem ??= misfits;
    inputs[role] =
      upload.state === "received" && !misfits
        ? { uploadId, state: "received", received: upload.received }
        : { uploadId, state: "rejected", received: null };
  }
  if (problem) return failed({ ...job, inputs }, problem, now);
  const waitingFor = job.waitingFor.filter((id) => id !== uploadId);
  if (waitingFor.length > 0) return changed(job, { inputs, waitingFor }, now);
  return changed(job, { inputs, waitingFor, ...inLine(job) }, now, [{ type: "ring" }]);
}

function inputsMissing(job: Job, now: Date): Outcome {
  if (job.state !== "awaiting_upload") return unchanged(job);
  return failed(
    job,
    { code: "upload_missing", message: "The files never arrived; please send them again." },
    now,
  );
}

function lease(job: Job, event: Of<"lease">, now: Date, rules: Rules): Outcome {
  if (job.state !== "queued" || !job.waiting) return refused("not_waiting");
  const leaseNumber = job.leaseNumber + 1;
  const until = plusSeconds(now, Math.min(event.seconds, rules.leaseCeilingSeconds));
  return changed(
    job,
    {
      state: "running",
      waiting: false,
      attempt: job.spared ? job.attempt : job.attempt + 1,
      spared: false,
      leaseNumber,
      lease: { hash: event.hash, engineId: event.engineId, startedAt: now, until, outputs: {} },
      progress: { fraction: 0, stage: null },
    },
    now,
    [{ type: "lease_timer", leaseNumber, at: until }],
  );
}

/** Longer, up to the kind's ceiling; never shorter, since the engine was promised the time. */
function renew(job: Job, event: Of<"renew">, now: Date, rules: Rules): Outcome {
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

function announce(job: Job, event: Of<"announce">, now: Date): Outcome {
  if (!job.lease || !holds(job, event.hash)) return refused("lease_lost");
  return changed(job, { lease: { ...job.lease, outputs: { ...job.lease.outputs, ...event.files } } }, now);
}

function complete(job: Job, hash: string, now: Date): Outcome {
  if (!job.lease || !holds(job, hash)) return repeated(job, hash, "completed");
  const tookSeconds = Math.max(0, (now.getTime() - job.lease.startedAt.getTime()) / 1000);
  const changes = { ...withoutLease(job, "completed"), progress: { fraction: 1, stage: null }, tookSeconds };
  return ended(job, { ...changes, state: "succeeded" }, now, [{ type: "result" }]);
}

function fail(job: Job, event: Of<"fail">, now: Date, rules: Rules): Outcome {
  if (!holds(job, event.hash)) return repeated(job, event.hash, "failed");
  const over = { ...job, ...withoutLease(job, "failed") };
  if (!event.retryable || job.attempt >= job.maxAttempts) {
    return failed(over, { code: event.code, message: event.message }, now);
  }
  const seconds = backoffSeconds(rules, job.attempt);
  if (seconds === 0) return changed(over, { ...inLine(job), progress: null }, now, [{ type: "ring" }]);
  const availableAt = plusSeconds(now, seconds);
  return changed(over, { state: "queued", waiting: false, availableAt, progress: null }, now, [
    { type: "entry_timer", entries: job.entries, at: availableAt },
  ]);
}

function release(job: Job, hash: string, now: Date): Outcome {
  if (!holds(job, hash)) return repeated(job, hash, "released");
  const changes = { ...withoutLease(job, "released"), ...inLine(job), spared: true, progress: null };
  return changed(job, changes, now, [{ type: "ring" }]);
}

function leaseEnded(job: Job, leaseNumber: number, now: Date, rules: Rules): Outcome {
  if (job.state !== "running" || !job.lease || job.leaseNumber !== leaseNumber) return unchanged(job);
  const { until, startedAt } = job.lease;
  if (until > now) return unchanged(job, [{ type: "lease_timer", leaseNumber, at: until }]);
  const over = { ...job, ...withoutLease(job, "ended") };
  if (job.attempt < job.maxAttempts) {
    return changed(over, { ...inLine(job), progress: null }, now, [{ type: "ring" }]);
  }
  const tooLong = until >= plusSeconds(startedAt, rules.leaseCeilingSeconds);
  return failed(
    over,
    tooLong
      ? { code: "took_too_long", message: "The conversion took longer than it may." }
      : { code: "engine_lost", message: "The conversion stopped answering, each time it was tried." },
    now,
  );
}

function backOffEnded(job: Job, entries: number, now: Date): Outcome {
  if (job.state !== "queued" || job.availableAt === null || job.entries !== entries) return unchanged(job);
  if (job.availableAt > now) {
    return unchanged(job, [{ type: "entry_timer", entries, at: job.availableAt }]);
  }
  return changed(job, inLine(job), now, [{ type: "ring" }]);
}

function cancel(job: Job, now: Date): Outcome {
  if (job.state === "cancelled") return unchanged(job);
  if (!isOpen(job)) return refused("job_finished");
  const over = job.lease ? withoutLease(job, "cancelled") : {};
  return ended(job, { ...over, state: "cancelled", progress: null }, now);
}

/** Starts anew what failed or was cancelled. What had arrived stays; the caller settles what arrived meanwhile. */
function retry(job: Job, now: Date, rules: Rules): Outcome {
  if (isOpen(job)) return refused("job_not_finished");
  if (job.state === "succeeded") return refused("job_finished");
  const inputs = Object.values(job.inputs);
  if (inputs.some((input) => input.state === "rejected")) return refused("upload_rejected");
  const missing = inputs.filter((input) => input.state === "waiting").map((input) => input.uploadId);
  const anew = {
    error: null,
    progress: null,
    finishedAt: null,
    expiresAt: null,
    noticePending: false,
    spared: false,
    maxAttempts: Math.max(job.maxAttempts, job.attempt + rules.maxAttempts),
  };
  if (missing.length > 0) {
    return changed(job, { ...anew, state: "awaiting_upload", waitingFor: [...new Set(missing)] }, now);
  }
  return changed(job, { ...anew, ...inLine(job) }, now, [{ type: "ring" }]);
}

/** In line now. A place that it has is kept: who was interrupted doesn't queue again. */
function inLine(job: Job) {
  return { state: "queued" as const, waiting: true, availableAt: null, entries: job.entries + 1 };
}

function withoutLease(job: Job, how: NonNullable<Job["lastLease"]>["how"]) {
  return { lease: null, lastLease: job.lease && { hash: job.lease.hash, how, until: job.lease.until } };
}

/** The last word of a lease, said again, is true still; anything else of a lease that is over is lost. */
function repeated(job: Job, hash: string, how: "completed" | "failed" | "released"): Outcome {
  return job.lastLease?.hash === hash && job.lastLease.how === how ? unchanged(job) : refused("lease_lost");
}

function failed(job: Job, error: Reason, now: Date): Outcome {
  return ended(job, { state: "failed", error: { ...error }, progress: null, noticePending: true }, now, [
    { type: "notice" },
  ]);
}

function ended(job: Job, changes: Partial<Job>, now: Date, effects: readonly Effect[] = []): Outcome {
  return changed(
    job,
    {
      ...changes,
      waiting: false,
      waitingFor: [],
      availableAt: null,
      finishedAt: now,
      expiresAt: plusSeconds(now, FINISHED_JOB_DAYS * 86_400),
    },
    now,
    effects,
  );
}

function changed(job: Job, changes: Partial<Job>, now: Date, effects: readonly Effect[] = []): Outcome {
  return { verdict: "changed", job: { ...job, ...changes, updatedAt: now }, effects };
}

function unchanged(job: Job, effects: readonly Effect[] = []): Outcome {
  return { verdict: "unchanged", job, effects };
}

function refused(why: Refusal): Outcome {
  return { verdict: "refused", why };
}
