import type { Reason } from "#shared/kinds/failures.ts";
import { failureEnd } from "#shared/queue/engineRecord.ts";
import { noteLeaseEnd } from "#shared/queue/engineRecords.ts";
import type { JobState } from "#shared/queue/jobDocument.ts";
import type { EngineDeps } from "./deps.ts";
import { changeLeased, type HeldLease } from "./heldLease.ts";

export type GivingBack =
  | ({ readonly type: "fail"; readonly retryable: boolean } & Reason)
  | { readonly type: "release" };

/**
 * Ends a lease without a result. `fail` ends the attempt: the job is back in line after its kind's pause, or failed, if another try is
 * useless or none is left. `release` returns the attempt. A repetition with the same lease gets the same answer.
 * @throws `lease_lost`
 */
export async function giveBack(
  lease: HeldLease,
  how: GivingBack,
  deps: EngineDeps,
): Promise<{ jobId: string; state: JobState }> {
  const { jobId, hash } = lease;
  const { verdict, job } = await changeLeased(lease, { ...how, hash }, deps);
  if (verdict === "changed") {
    deps.log.info(how.type === "fail" ? "attempt_failed" : "lease_released", {
      jobId,
      kind: job.kind,
      attempt: job.attempt,
      state: job.state,
      ...(how.type === "fail" ? { code: how.code, retryable: how.retryable } : {}),
    });
  }
  // Also at a repetition: the first call may have stopped before it noted this.
  await noteLeaseEnd(jobId, job, how.type === "fail" ? failureEnd(how) : "released", deps);
  return { jobId, state: job.state };
}
