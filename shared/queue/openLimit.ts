import type { Job } from "../documents/job.ts";
import type { Line } from "../documents/line.ts";
import { SAMPLES_GROUP } from "../documents/result.ts";
import { TooManyRequests } from "../errors.ts";
import type { Kind } from "../kinds/kind.ts";

/**
 * Refuses a job that would be one too many. Race-free, because the line is written under the condition that it is as it was counted.
 * @param line the group's line with this job counted in; undefined when nothing was opened
 * @param openJobsPerGroup the setting OPEN_JOBS_PER_GROUP
 * @throws TooManyRequests `too_many_open_jobs`
 */
export function refuseTooMany(
  job: Pick<Job, "groupId">,
  line: Line | undefined,
  kind: Pick<Kind, "name" | "maxOpenPerGroup">,
  openJobsPerGroup: number,
): void {
  if (job.groupId === SAMPLES_GROUP || !line) return;
  if (line.open > openJobsPerGroup) refuse(`${openJobsPerGroup} open jobs`);
  const { name, maxOpenPerGroup: most } = kind;
  if (most !== undefined && (line.kinds[name]?.open ?? 0) > most) {
    refuse(`${most} open jobs of the kind ${name}`);
  }
}

function refuse(limit: string): never {
  throw new TooManyRequests(`a group may have ${limit} at a time`, { code: "too_many_open_jobs" });
}
