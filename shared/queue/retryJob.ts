import { changeJob, type QueueDeps } from "./changeJob.ts";
import type { Job } from "./jobDocument.ts";

export interface RetryDeps extends QueueDeps {
  /** The setting OPEN_JOBS_PER_SPACE. */
  readonly openJobsPerSpace: number;
}

/**
 * Starts a failed or cancelled job again, with as many attempts as a new one has. What was uploaded meanwhile counts, and what is gone
 * can't be worked on.
 * @param options.onlyFailed refuse a job that was cancelled
 * @throws `not_found`; `job_not_finished`, `job_finished` (it succeeded), `inputs_rejected`, `inputs_gone` or `erased`;
 *   `too_many_open_jobs`
 */
export async function retryJob(
  jobId: string,
  deps: RetryDeps,
  { onlyFailed = false }: { onlyFailed?: boolean } = {},
): Promise<Job> {
  const { openJobsPerSpace } = deps;
  const { job } = await changeJob(jobId, { type: "retry", onlyFailed, openJobsPerSpace }, deps);
  deps.log.info("job_retried", { jobId, kind: job.kind, attempt: job.attempt, state: job.state });
  return job;
}
