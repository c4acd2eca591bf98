import type { Firestore } from "@google-cloud/firestore";
import type { DomainEvent, EventPublisher } from "../events/event.ts";
import { retryConflicts } from "../platform/firestore/retryConflicts.ts";
import { type CommitDeps, commitJob } from "./commitJob.ts";
import type { Job } from "./jobDocument.ts";
import { jobStoreOf } from "./store.ts";

export interface NotificationDeps extends Omit<CommitDeps, "store"> {
  readonly firestore: Firestore;
  readonly publisher: EventPublisher;
}

/**
 * Publishes that a job failed or was cancelled, then notes that it was published. The pending notification was committed with the end, so
 * after a crash in between `republishEnds` does it again; `notify` knows a repeated event by its id, which is this end's own.
 */
export async function publishEnd(jobId: string, job: Job, deps: NotificationDeps): Promise<void> {
  const { finishedAt } = job;
  const event = finishedAt && eventOf(jobId, job, finishedAt);
  if (!event) return;
  await deps.publisher.publish(event);
  const store = jobStoreOf(deps.firestore);
  // Refused when the job was erased meanwhile: then there is nothing to note.
  await retryConflicts(() => commitJob(jobId, { type: "notification_sent", finishedAt }, { ...deps, store }));
}

function eventOf(jobId: string, job: Job, finishedAt: Date): DomainEvent | undefined {
  const { state, error, trace, spaceId, kind, title } = job;
  const about = { at: finishedAt.toISOString(), trace, jobId, spaceId, kind, title };
  const id = `${jobId}.${state}.${finishedAt.getTime()}`;
  if (state === "cancelled") return { type: "job_cancelled", id, ...about };
  return state === "failed" && error ? { type: "job_failed", id, ...about, code: error.code } : undefined;
}
