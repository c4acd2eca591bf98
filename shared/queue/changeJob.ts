import type { Firestore } from "@google-cloud/firestore";
import { retryConflicts } from "../platform/firestore/retryConflicts.ts";
import { type CommitDeps, type Committed, commitJob, type JobRequest } from "./commitJob.ts";
import { type EffectDeps, perform } from "./effects.ts";
import type { Job } from "./jobDocument.ts";
import type { Refused } from "./jobEvent.ts";
import type { Stored } from "./jobStore.ts";
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
 * @param found the job as it was read before: it is read again only after a conflict
 * @throws `not_found` when the job isn't there; the error of the refusal
 */
export async function changeJob(
  jobId: string,
  request: JobRequest,
  deps: QueueDeps,
  found?: Stored<Job>,
): Promise<Applied> {
  const store = jobStoreOf(deps.firestore);
  const read = { found };
  const committed = await retryConflicts(() => {
    const options = { ...read };
    read.found = undefined;
    return commitJob(jobId, request, { ...deps, store }, options);
  });
  if (committed.verdict === "refused") throw refusalError(committed);
  const { job, effects } = committed;
  await perform(
    effects.map((effect) => ({ jobId, job, effect })),
    deps,
  );
  return committed;
}
