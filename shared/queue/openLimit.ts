import type { Kind } from "../kinds/kind.ts";
import { SAMPLES_SPACE } from "../results/resultDocument.ts";
import type { Line } from "./lineDocument.ts";

/**
 * The limit of open jobs that a space is over, as words for the caller; undefined when it is within them. Race-free, because the line
 * is written under the condition that it is as it was counted.
 * @param line the space's line with the new job counted in
 * @param openJobsPerSpace the setting OPEN_JOBS_PER_SPACE
 */
export function exceededLimit(
  spaceId: string,
  line: Line,
  kind: Pick<Kind, "name" | "maxOpenPerSpace">,
  openJobsPerSpace: number,
): string | undefined {
  if (spaceId === SAMPLES_SPACE) return undefined;
  if (line.open > openJobsPerSpace) return `${openJobsPerSpace} open jobs`;
  const { name, maxOpenPerSpace: most } = kind;
  if (most === undefined || (line.kinds[name]?.open ?? 0) <= most) return undefined;
  return `${most} open jobs of the kind ${name}`;
}
