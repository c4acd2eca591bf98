import { noteSeen } from "#shared/queue/engines.ts";
import { wasCancelled } from "#shared/queue/transition.ts";
import type { EngineDeps } from "./deps.ts";
import { changeLeased, type HeldLease } from "./heldLease.ts";
import { checkLeaseSeconds } from "./leaseTimes.ts";

export interface Renewal {
  readonly progress?: number | undefined;
  readonly stage?: string | null | undefined;
  readonly leaseSeconds: number;
}

/**
 * Keeps a lease for longer, up to the kind's ceiling counted from its beginning, and notes how far the work is. The timer isn't
 * touched: it looks at the document when it goes off. An engine whose job was cancelled hears it here.
 * @throws `invalid_request` for a length that isn't offered; `lease_lost`
 */
export async function renewLease(
  lease: HeldLease,
  caller: string,
  { progress, stage, leaseSeconds }: Renewal,
  deps: EngineDeps,
): Promise<{ expiresAt: string; cancelRequested: boolean }> {
  checkLeaseSeconds(leaseSeconds, deps);
  const { jobId, hash } = lease;
  const { job } = await changeLeased(
    jobId,
    { type: "renew", hash, seconds: leaseSeconds, progress, stage },
    deps,
  );
  if (wasCancelled(job, hash)) {
    return { expiresAt: (job.lastLease?.until ?? deps.clock()).toISOString(), cancelRequested: true };
  }
  if (job.lease) await noteSeen(deps.firestore, caller, job.lease.engineId, deps.clock());
  return { expiresAt: (job.lease?.until ?? deps.clock()).toISOString(), cancelRequested: false };
}
