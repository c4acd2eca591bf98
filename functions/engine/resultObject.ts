import type { Job } from "#shared/queue/jobDocument.ts";

/**
 * The object of a result's file. It carries the lease's number and can only be created, so no engine can touch what another, or an
 * earlier lease of its own, has written.
 */
export function resultObject(job: Pick<Job, "spaceId" | "leaseNumber">, jobId: string, file: string): string {
  return `spaces/${job.spaceId}/jobs/${jobId}/${job.leaseNumber}/${file}`;
}
