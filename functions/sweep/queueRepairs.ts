/**
 * What a crash between two writes may have left of the queue, recovered by `sweep`. Each may run at any time, any number of times, and
 * at the same time as what it repairs.
 *
 * All but the jobs that wait for uploads are found by an index on what is due, so a run reads that and no more, however many jobs there
 * are. Bounds, with the urgent repairs every minute, each begun as its run begins: a lease whose timer was lost ends at most
 * GRACE_SECONDS + 1 minute after its end; a job whose back-off timer was lost enters the line as late; a ring that was lost is recovered
 * within LOST_RING_SECONDS + 1 minute of when its task was due; a failure or a cancellation is published within GRACE_SECONDS + 1 minute.
 * Jobs that wait for uploads are walked over each five minutes while they are young: a task that fetches a URL and was lost is added within six.
 */
import type { Query } from "@google-cloud/firestore";
import { plusSeconds } from "#shared/platform/clock.ts";
import { type TimeLimit, UNLIMITED, type WorkedThrough, workThrough } from "#shared/platform/timeLimit.ts";
import { bellDocument, ring, workWaits } from "#shared/queue/bell.ts";
import { addressId } from "#shared/queue/bellDocument.ts";
import { changeJob, type QueueDeps } from "#shared/queue/changeJob.ts";
import { pulledSince } from "#shared/queue/engines.ts";
import { type Job, jobsOf } from "#shared/queue/jobDocument.ts";
import { publishEnd } from "#shared/queue/notifications.ts";
import { queryOf, shapes } from "#shared/queue/queries.ts";
import { endBackOff, endLease } from "#shared/queue/timers.ts";
import { eventOfUpload } from "#shared/queue/uploadState.ts";
import { uploadsOf } from "#shared/uploads/uploadDocument.ts";
import { type FetchTaskDeps, requestFetches } from "#shared/uploads/urlUpload.ts";
import { after, nextByCreation } from "./byCreation.ts";

/** How long a timer or a publication may be late before it is repaired, in seconds. */
export const GRACE_SECONDS = 15;
/** A ring's task that has not moved for this long after it was due is taken for lost, in seconds; longer than its queue's back-off. */
export const LOST_RING_SECONDS = 120;
/** Uploads that have not come after this many days will not come: the longest an upload session lives is a week. */
export const UPLOAD_WAIT_DAYS = 8;

export type Repaired = {
  readonly found: number;
  readonly repaired: number;
  /** Of single jobs; the other jobs were repaired. */
  readonly errors: readonly unknown[];
  /** Whether the time was over before the last one. */
  readonly cut: boolean;
};

/** Ends leases past their end. At most `limit` a run. */
export function endExpiredLeases(deps: QueueDeps, time = UNLIMITED, limit = 500): Promise<Repaired> {
  const overdue = queryOf(deps.firestore, shapes.leases, "running").where(
    "lease.until",
    "<=",
    plusSeconds(deps.clock(), -GRACE_SECONDS),
  );
  return eachJob(overdue.limit(limit), time, async (jobId, { leaseNumber }) => {
    return (await endLease({ jobId, leaseNumber }, deps)) === "applied";
  });
}

/** Lets jobs whose back-off is over enter the line. At most `limit` a run. */
export function endOverdueBackOffs(deps: QueueDeps, time = UNLIMITED, limit = 500): Promise<Repaired> {
  const overdue = queryOf(deps.firestore, shapes.backingOff, "queued").where(
    "availableAt",
    "<=",
    plusSeconds(deps.clock(), -GRACE_SECONDS),
  );
  return eachJob(overdue.limit(limit), time, async (jobId, { enqueueCount }) => {
    return (await endBackOff({ jobId, enqueueCount }, deps)) === "applied";
  });
}

/** Publishes failures and cancellations that a crash left unpublished. At most `limit` a run. */
export function republishEnds(deps: QueueDeps, time = UNLIMITED, limit = 500): Promise<Repaired> {
  const before = plusSeconds(deps.clock(), -GRACE_SECONDS);
  const pending = jobsOf(deps.firestore).where("notificationPending", "==", true).limit(limit);
  return eachJob(pending, time, async (jobId, job) => {
    if (job.finishedAt === null || job.finishedAt > before) return false;
    await publishEnd(jobId, job, deps);
    return true;
  });
}

/**
 * Rings where work waits and nothing is on its way: the bell is idle and no engine asked lately, or its task has not moved.
 * @returns how many bells have work waiting and how many of them were rung again
 */
export async function recoverLostRings(deps: QueueDeps, time = UNLIMITED): Promise<Repaired> {
  const kinds = [...new Set(deps.engines.flatMap((engine) => engine.kinds))];
  const bells: { kind: string; address: string }[] = [];
  const looked = await workThrough(kinds, time, async (kind) => {
    if (!(await workWaits(kind, deps.firestore))) return false;
    const engines = deps.engines.filter((engine) => engine.kinds.includes(kind));
    bells.push(...engines.map((engine) => ({ kind, address: addressId(engine) })));
    return true;
  });
  const rung = await workThrough(bells, time, async ({ kind, address }) => {
    if (!(await isLost(kind, address, deps))) return false;
    await ring(kind, address, deps, { again: true });
    deps.log.warn("ring_recovered", { kind, address });
    return true;
  });
  return {
    found: bells.length,
    repaired: rung.done,
    errors: [...looked.errors, ...rung.errors],
    cut: looked.through + rung.through < kinds.length + bells.length,
  };
}

async function isLost(kind: string, address: string, deps: QueueDeps): Promise<boolean> {
  const now = deps.clock();
  const bell = (await bellDocument(kind, address, deps.firestore).get()).data();
  if (!bell) return true;
  if (bell.state !== "idle") return bell.dueAt <= plusSeconds(now, -LOST_RING_SECONDS);
  // An engine that asked for work a moment ago is awake, and asks again when it is done.
  return !(await pulledSince(kind, plusSeconds(now, -60), deps));
}

/**
 * Looks at jobs that wait for uploads, from the oldest on: applies what is known of their uploads, and fails those that have waited for
 * longer than an upload can take.
 * @param range.place where the page begins; at the oldest unless given
 * @param range.since jobs submitted after this time only
 * @returns where the next page begins, or null at the end
 */
export async function recoverAwaitingJobs(
  deps: QueueDeps & FetchTaskDeps,
  range: { readonly place?: string | undefined; readonly since?: Date } = {},
  time: TimeLimit = UNLIMITED,
  limit = 100,
): Promise<Repaired & { readonly next: string | null }> {
  const awaiting = queryOf(deps.firestore, shapes.oldestOfState, "awaiting_upload").limit(limit);
  const jobs = await after(awaiting, range).get();
  const worked = await workThrough(jobs.docs, time, (document) =>
    applyUploads(document.id, document.data(), deps),
  );
  return { ...repairedOf(jobs.size, worked), next: nextByCreation(jobs.docs, worked.through, limit, range) };
}

async function applyUploads(jobId: string, job: Job, deps: QueueDeps & FetchTaskDeps): Promise<boolean> {
  const documents = await Promise.all(job.waitingFor.map((id) => uploadsOf(deps.firestore).doc(id).get()));
  const events = documents.flatMap((document) => {
    const upload = document.data();
    return (upload && eventOfUpload(document.id, upload)) ?? [];
  });
  for (const event of events) await changeJob(jobId, event, deps);
  if (events.length > 0) return true;
  // Tasks are named: one that waits, runs or has run is not added again.
  const toFetch = documents.filter((document) => document.data()?.source).map(({ id }) => id);
  if ((await requestFetches(toFetch, deps)) > 0) {
    deps.log.warn("fetch_recovered", { jobId });
    return true;
  }
  const gone = documents.some((document) => !document.exists);
  if (!gone && job.updatedAt > plusSeconds(deps.clock(), -UPLOAD_WAIT_DAYS * 86_400)) return false;
  await changeJob(jobId, { type: "inputs_missing" }, deps);
  return true;
}

async function eachJob(
  query: Query<Job, Job>,
  time: TimeLimit,
  repair: (jobId: string, job: Job) => Promise<boolean>,
): Promise<Repaired> {
  const jobs = await query.get();
  const worked = await workThrough(jobs.docs, time, async (document) => repair(document.id, document.data()));
  return repairedOf(jobs.size, worked);
}

function repairedOf(found: number, { done, errors, through }: WorkedThrough): Repaired {
  return { found, repaired: done, errors, cut: through < found };
}
