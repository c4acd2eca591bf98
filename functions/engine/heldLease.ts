import type { Firestore } from "@google-cloud/firestore";
import { hasCode } from "#shared/platform/errors.ts";
import { adoptTrace } from "#shared/platform/trace.ts";
import { type Applied, changeJob } from "#shared/queue/changeJob.ts";
import type { JobRequest } from "#shared/queue/commitJob.ts";
import type { Job } from "#shared/queue/jobDocument.ts";
import type { Version } from "#shared/queue/jobStore.ts";
import { refusalError } from "#shared/queue/refusal.ts";
import { readJob } from "#shared/queue/store.ts";
import { holds, wasCancelled } from "#shared/queue/transition.ts";
import type { EngineDeps } from "./deps.ts";
import { leaseHash, parseLeaseId } from "./leaseId.ts";

/** What an engine says about a lease. */
export type LeaseCall = "renew" | "outputs" | "complete" | "fail" | "release";

/** The lease a request is about, found valid, or over in a way that this call may repeat. */
export interface HeldLease {
  readonly jobId: string;
  readonly hash: string;
  readonly job: Job;
  /** That of the job as it was found. */
  readonly version: Version | undefined;
}

const LAST_CALLS: Partial<Record<LeaseCall, NonNullable<Job["lastLease"]>["how"]>> = {
  complete: "completed",
  fail: "failed",
  release: "released",
};

/**
 * Judges a lease before anything else about the request is looked at. What it finds may change before the call's own transaction,
 * which judges again.
 * @throws `lease_lost`, also for ids that never were leases: the engine must drop the work
 */
export async function heldLease(leaseId: string, call: LeaseCall, firestore: Firestore): Promise<HeldLease> {
  const ref = parseLeaseId(leaseId);
  const found = ref && (await readJob(ref.jobId, firestore));
  if (!ref || !found) throw refusalError({ why: "lease_lost" });
  const { content: job, version } = found;
  adoptTrace(job.trace);
  const hash = leaseHash(leaseId);
  const repeats = job.lastLease?.hash === hash && job.lastLease.how === LAST_CALLS[call];
  if (!holds(job, hash) && !repeats && !(call === "renew" && wasCancelled(job, hash))) {
    throw refusalError({ why: "lease_lost" });
  }
  return { jobId: ref.jobId, hash, job, version };
}

/**
 * Applies what an engine says about its lease, to the job as it was judged; read again only if it has changed since.
 * @throws `lease_lost`, also when the job is gone because its space was erased
 */
export async function changeLeased(
  { jobId, job, version }: HeldLease,
  request: Extract<JobRequest, { hash: string }>,
  deps: EngineDeps,
): Promise<Applied> {
  try {
    return await changeJob(jobId, request, deps, { content: job, version });
  } catch (error) {
    if (hasCode(error, "not_found")) throw refusalError({ why: "lease_lost" });
    throw error;
  }
}
