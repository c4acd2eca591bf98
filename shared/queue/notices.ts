import type { Firestore } from "@google-cloud/firestore";
import type { DomainEvent, EventPublisher } from "../events/event.ts";
import { optimistically } from "../platform/firestore/retryConflicts.ts";
import { type Job, jobSchema } from "./jobDocument.ts";

export interface NoticeDeps {
  readonly firestore: Firestore;
  readonly publisher: EventPublisher;
}

/**
 * Publishes that a job failed, then takes the mark off the job. The mark was committed with the failure, so a crash in between
 * leaves it for `republishNotices`; `notify` knows a repeated event by its id, which is this failure's own.
 */
export async function announceFailure(jobId: string, job: Job, deps: NoticeDeps): Promise<void> {
  if (job.state !== "failed" || job.finishedAt === null || job.error === null) return;
  const { finishedAt } = job;
  await deps.publisher.publish({
    type: "job_failed",
    id: `${jobId}.failed.${finishedAt.getTime()}`,
    at: finishedAt.toISOString(),
    jobId,
    spaceId: job.spaceId,
    kind: job.kind,
    title: job.title,
    code: job.error.code,
  } satisfies DomainEvent);
  await optimistically(async () => {
    const snapshot = await deps.firestore.doc(`jobs/${jobId}`).get();
    if (!snapshot.exists || !snapshot.updateTime) return;
    // A person may have retried it meanwhile, and it may have failed again: that failure has a mark of its own.
    if (jobSchema.parse(snapshot.data()).finishedAt?.getTime() !== finishedAt.getTime()) return;
    await snapshot.ref.update({ noticePending: false }, { lastUpdateTime: snapshot.updateTime });
  });
}
