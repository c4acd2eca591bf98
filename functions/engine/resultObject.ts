import type { Job } from "#shared/documents/job.ts";

/**
 * The object of a result's file. It carries the lease's number and can only be created, so no engine can touch what another, or an
 * earlier lease of its own, has written.
 */
export function resultObject(job: Pick<Job, "groupId" | "leaseNumber">, jobId: string, file: string): string {
  return `groups/${job.groupId}/jobs/${jobId}/${job.leaseNumber}/${file}`;
}
