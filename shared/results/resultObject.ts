/** Who made a result's files: a lease of a job, or an import, which counts as the first lease of a job that never was. */
interface Maker {
  readonly spaceId: string;
  readonly jobId: string;
  readonly leaseNumber: number;
}

/**
 * The object of a result's file. It carries the lease's number and can only be created, so no engine can touch what another, or an
 * earlier lease of its own, has written.
 */
export function resultObject({ spaceId, jobId, leaseNumber }: Maker, file: string): string {
  return `spaces/${spaceId}/jobs/${jobId}/${leaseNumber}/${file}`;
}
