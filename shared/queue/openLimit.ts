import type { Kind } from "../kinds/kind.ts";
import { errors } from "../platform/errors.ts";
import { SAMPLES_SPACE } from "../results/resultDocument.ts";
import type { Job } from "./jobDocument.ts";
import type { Line } from "./lineDocument.ts";

/**
 * Refuses a job that would be one too many. Race-free, because the line is written under the condition that it is as it was counted.
 * @param line the space's line with this job counted in; undefined when nothing was opened
 * @param openJobsPerSpace the setting OPEN_JOBS_PER_SPACE
 * @throws `too_many_open_jobs`
 */
export function refuseTooMany(
  job: Pick<Job, "spaceId">,
  line: Line | undefined,
  kind: Pick<Kind, "name" | "maxOpenPerSpace">,
  openJobsPerSpace: number,
): void {
  if (job.spaceId === SAMPLES_SPACE || !line) return;
  if (line.open > openJobsPerSpace) refuse(`${openJobsPerSpace} open jobs`);
  const { name, maxOpenPerSpace: most } = kind;
  if (most !== undefined && (line.kinds[name]?.open ?? 0) > most) {
    refuse(`${most} open jobs of the kind ${name}`);
  }
}

function refuse(limit: string): never {
  throw errors.tooManyOpenJobs(`a space may have ${limit} at a time`);
}
