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
 * Publishes that a job failed, then notes that it was published. The pending notification was committed with the failure, so after a
 * crash in between `republishFailures` does it again; `notify` knows a repeated event by its id, which is this failure's own.
 */
export async function publishFailure(jobId: string, job: Job, deps: NotificationDeps): Promise<void> {
  if (job.state !== "failed" || job.finishedAt === null || job.error === null) return;
  const { finishedAt } = job;
  await deps.publisher.publish({
    type: "job_failed",
    id: `${jobId}.failed.${finishedAt.getTime()}`,
    at: finishedAt.toISOString(),
    trace: job.trace,
    jobId,
    spaceId: job.spaceId,
    kind: job.kind,
    title: job.title,
    code: job.error.code,
  } satisfies DomainEvent);
  const store = jobStoreOf(deps.firestore);
  // Refused when the job was erased meanwhile: then there is nothing to note.
  await retryConflicts(() => commitJob(jobId, { type: "notification_sent", finishedAt }, { ...deps, store }));
}
