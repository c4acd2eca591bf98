import type { Work } from "#engine/kit/work.ts";
import { converters } from "./converters.ts";
import { type RunLimits, runConversion } from "./runConversion.ts";

/** What this engine does for each kind of job: its converter, in a process of its own. */
export function conversions(limits: Partial<RunLimits> = {}): ReadonlyMap<string, Work> {
  const work: Work = async ({ log, ...task }) => {
    const { peakResidentBytes, ...result } = await runConversion({ ...task, limits });
    log.info("conversion_done", { peakResidentBytes });
    return result;
  };
  return new Map([...converters.keys()].map((kind) => [kind, work]));
}
