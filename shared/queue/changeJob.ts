import type { Firestore } from "@google-cloud/firestore";
import { retryConflicts } from "../platform/firestore/retryConflicts.ts";
import { type CommitDeps, type Committed, commitJob, type JobRequest } from "./commitJob.ts";
import { type EffectDeps, perform } from "./effects.ts";
import type { Refused } from "./jobEvent.ts";
import { refusalError } from "./refusal.ts";
import { jobStoreOf } from "./store.ts";

export interface QueueDeps extends EffectDeps, Omit<CommitDeps, "store"> {
  readonly firestore: Firestore;
}

/** A change that was not refused: `job` is as it was written, or as it was found. */
export type Applied = Exclude<Committed, Refused>;

/**
 * Changes one job by an event and then does what the change asks for: timers, rings, notifications. Those follow the commit; `sweep`
 * finds what a crash in between has lost.
 * @throws `not_found` when the job isn't there; the error of the refusal
 */
export async function changeJob(jobId: string, request: JobRequest, deps: QueueDeps): Promise<Applied> {
  const store = jobStoreOf(deps.firestore);
  const committed = await retryConflicts(() => commitJob(jobId, request, { ...deps, store }));
  if (committed.verdict === "refused") throw refusalError(committed);
  const { job, effects } = committed;
  await perform(
    effects.map((effect) => ({ jobId, job, effect })),
    deps,
  );
  return committed;
}
