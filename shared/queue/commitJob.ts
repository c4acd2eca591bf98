/**
 * The one way to change a job: reads it, asks `transition` what becomes of it, and commits the job, its place in its space's line and
 * its result document together, each under the condition that it is as it was read. So of two changes that meet, the second is refused
 * and decides again from what the first has left.
 */
import { isDeepStrictEqual } from "node:util";
import type { Kinds } from "../kinds/index.ts";
import type { Kind } from "../kinds/kind.ts";
import type { Clock } from "../platform/clock.ts";
import { isConflict } from "../platform/firestore/retryConflicts.ts";
import type { IdempotencyRecord } from "../platform/idempotency/record.ts";
import type { Pull } from "./engines.ts";
import { needsPlace, placeInLine, touchesLine } from "./fairLine.ts";
import type { Job } from "./jobDocument.ts";
import type {
  Changed,
  EventOf,
  JobEvent,
  Outcome,
  Refused,
  Rules,
  Surroundings,
  Unchanged,
} from "./jobEvent.ts";
import type { ConditionalWrite, JobStore, JobWrites, LockedReads, Stored, Version } from "./jobStore.ts";
import type { Line } from "./lineDocument.ts";
import { exceededLimit } from "./openLimit.ts";
import { transition } from "./transition.ts";
import { stateOfUpload } from "./uploadState.ts";

/** An event as it is asked for; the commit itself reads what the event depends on beside the job. */
export type JobRequest =
  | Exclude<JobEvent, Pick<Surroundings, "spaceErased">>
  | (Omit<EventOf<"submit">, keyof Surroundings> & OpenLimit)
  | (Omit<EventOf<"retry">, keyof Surroundings> & OpenLimit)
  | Omit<EventOf<"complete">, keyof Surroundings>;

/** Goes with the events that open a job. */
interface OpenLimit {
  /** The setting OPEN_JOBS_PER_SPACE. */
  readonly openJobsPerSpace: number;
}

export interface CommitDeps {
  readonly store: JobStore;
  readonly kinds: Kinds;
  readonly clock: Clock;
  /** The setting RETRY_BACKOFF_MAX_SECONDS. */
  readonly backoffMaxSeconds: number | undefined;
  /** The setting JOB_RETENTION_DAYS. */
  readonly jobRetentionDays: number;
}

export interface CommitOptions {
  /** The job as it was read before: saves reading it. */
  readonly found?: Stored<Job> | undefined;
  /** The line of the job's space as it was read a moment ago: saves reading it. */
  readonly line?: Stored<Line> | undefined;
  /** Makes what is put on record for the request, in the same commit. Called with the job as it will be written. */
  readonly record?: (job: Job) => Promise<ConditionalWrite<IdempotencyRecord> | undefined>;
  /** What a lease says of its engine, to be written with it. */
  readonly pull?: Pull | undefined;
}

export type Committed =
  /**
   * `job` is as it was written. `recordVersion` is undefined if no record was, after `submit`, and when the commit was made and its
   * answer was lost.
   */
  (Omit<Changed, "result"> & { readonly recordVersion: Version | undefined }) | Unchanged | Refused;

/** Events that depend on the space's tombstone and on uploads: those are locked until the commit. */
type Dependent = Extract<JobRequest, { type: "submit" | "retry" | "complete" }>;

/** What of a kind and of the settings a commit needs. */
type JobKind = Rules & Pick<Kind, "name" | "weight" | "maxOpenPerSpace">;

/** One attempt's answer, and what it wants to write: nothing unless the outcome is `changed`. */
interface Decision {
  readonly outcome: Exclude<Outcome, { verdict: "changed" }> | Omit<Changed, "result">;
  readonly writes: JobWrites | undefined;
}

/**
 * Applies one event to one job, in one attempt. The effects are left to the caller, after the commit.
 * @param jobId of the job; for `submit` an id that no job has
 * @returns the job as it is then; `refused` and `unchanged` have written nothing
 * @throws an error that `isConflict` knows when another change came between (`retryConflicts` has it done again); what the store throws;
 *   Error for a kind that was taken out of the deployment while it had jobs
 */
export async function commitJob(
  jobId: string,
  request: JobRequest,
  deps: CommitDeps,
  options: CommitOptions = {},
): Promise<Committed> {
  if (isDependent(request)) {
    const { outcome } = await commitLocked(deps.store, (locked) =>
      decideLocked(jobId, request, locked, deps, options),
    );
    return outcome.verdict === "changed" ? { ...outcome, recordVersion: undefined } : outcome;
  }
  const stored = options.found ?? (await deps.store.readJob(jobId));
  const { outcome, writes } = await decide(jobId, stored, request, deps, options);
  const recordVersion = writes && (await commit(deps.store, writes));
  return outcome.verdict === "changed" ? { ...outcome, recordVersion } : outcome;
}

async function commit(store: JobStore, writes: JobWrites): Promise<Version | undefined> {
  try {
    return await store.commit(writes);
  } catch (error) {
    if (await wasMade(error, writes, store)) return undefined;
    throw error;
  }
}

async function commitLocked(
  store: JobStore,
  decide: (locked: LockedReads) => Promise<Decision>,
): Promise<Decision> {
  const decisions: Decision[] = [];
  try {
    return await store.commitLocked(async (locked) => {
      const decision = await decide(locked);
      decisions.push(decision);
      return decision;
    });
  } catch (error) {
    const decision = decisions.at(-1);
    if (decision?.writes && (await wasMade(error, decision.writes, store))) return decision;
    throw error;
  }
}

/**
 * Whether a commit that was refused has been made all the same: the job is what was to be written. Firestore's client repeats a commit
 * whose answer was lost, and the repetition is refused because of what the first one wrote. If another call has made the very same
 * change at the same time, it is made too.
 */
async function wasMade(error: unknown, { job }: JobWrites, store: JobStore): Promise<boolean> {
  if (!isConflict(error)) return false;
  const found = await store.readJob(job.id);
  return found !== undefined && isDeepStrictEqual(found.content, job.content);
}

/** Reads the space's tombstone and the job's uploads, and decides with them. */
async function decideLocked(
  jobId: string,
  request: Dependent,
  locked: LockedReads,
  deps: CommitDeps,
  options: CommitOptions,
): Promise<Decision> {
  const stored = request.type === "submit" ? undefined : (options.found ?? (await deps.store.readJob(jobId)));
  const about = request.type === "submit" ? request.submission : stored?.content;
  if (!about) return { outcome: { verdict: "refused", why: "job_unknown" }, writes: undefined };
  const uploadIds = request.type === "complete" ? [] : uploadIdsOf(about.inputs);
  const { spaceErased, uploads } = await locked.readSurroundings(about.spaceId, uploadIds);
  const now = deps.clock();
  const usable = [...uploads].filter(
    ([, upload]) => upload.spaceId === about.spaceId && upload.expiresAt > now,
  );
  const states = new Map(usable.map(([id, upload]) => [id, stateOfUpload(upload)]));
  const event =
    request.type === "complete" ? { ...request, spaceErased } : { ...request, spaceErased, uploads: states };
  return decide(jobId, stored, event, deps, options);
}

/** What becomes of the job as it was read, its place in line, and all that is to be written. */
async function decide(
  jobId: string,
  stored: Stored<Job> | undefined,
  event: JobEvent & Partial<OpenLimit>,
  deps: CommitDeps,
  options: CommitOptions,
): Promise<Decision> {
  const before = stored?.content;
  const kind = kindFor(event, before, deps);
  const outcome = transition(before, event, deps.clock(), kind);
  if (outcome.verdict !== "changed") return { outcome, writes: undefined };
  const { job, line } = await place(before, outcome.job, kind, deps.store, options.line);
  const limit =
    line &&
    event.openJobsPerSpace !== undefined &&
    exceededLimit(job.spaceId, line.content, kind, event.openJobsPerSpace);
  if (limit) {
    const message = `a space may have ${limit} at a time`;
    return { outcome: { verdict: "refused", why: "too_many_open_jobs", message }, writes: undefined };
  }
  const { effects, result } = outcome;
  return {
    outcome: { verdict: "changed", job, effects },
    writes: {
      job: { id: jobId, content: job, version: stored?.version },
      line,
      result: result && { jobId, ...result },
      record: await options.record?.(job),
      pull: options.pull,
    },
  };
}

/** The job with its place in line, and its space's line if the change touches it. */
async function place(
  before: Job | undefined,
  after: Job,
  kind: JobKind,
  store: JobStore,
  found: Stored<Line> | undefined,
): Promise<{ job: Job; line: ConditionalWrite<Line> | undefined }> {
  if (!touchesLine(before, after)) return { job: after, line: undefined };
  const virtualTime = needsPlace(after) ? await store.readVirtualTime(after.kind) : 0;
  // The last thing to be read: the shorter the time until the commit, the fewer conflicts.
  const { content, version } = found ?? (await store.readLine(after.spaceId));
  const { job, line } = placeInLine(content, before, after, kind, virtualTime);
  return { job, line: { id: after.spaceId, content: line, version } };
}

function isDependent(request: JobRequest): request is Dependent {
  return request.type === "submit" || request.type === "retry" || request.type === "complete";
}

function uploadIdsOf(inputs: Readonly<Record<string, string | { readonly uploadId: string }>>): string[] {
  const ids = Object.values(inputs).map((input) => (typeof input === "string" ? input : input.uploadId));
  return [...new Set(ids)];
}

/** @throws Error when the event needs to know a kind that this deployment doesn't have */
function kindFor(event: JobEvent, before: Job | undefined, deps: CommitDeps): JobKind {
  const name = event.type === "submit" ? event.submission.kind : before?.kind;
  if (name === undefined || KINDLESS.includes(event.type)) return NO_KIND;
  const kind = deps.kinds.get(name);
  if (!kind) throw new Error(`a job is of the kind ${name}, which this deployment doesn't know`);
  const { backoffMaxSeconds: most = Number.POSITIVE_INFINITY, jobRetentionDays: retentionDays } = deps;
  const { baseSeconds, maxSeconds } = kind.backoff;
  return { ...kind, backoff: { baseSeconds, maxSeconds: Math.min(maxSeconds, most) }, retentionDays };
}

/** Events that say nothing about the work: they also apply to jobs of a kind that was taken out of the deployment. */
const KINDLESS: readonly JobEvent["type"][] = ["notification_sent", "creator_erased"];

const NO_KIND: JobKind = {
  name: "",
  inputs: {},
  maxAttempts: 1,
  backoff: { baseSeconds: 0, maxSeconds: 0 },
  leaseCeilingSeconds: 0,
  retentionDays: 0,
  weight: 0,
};
