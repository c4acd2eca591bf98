import type { Work } from "#engine/kit/work.ts";
import { ConversionError } from "./conversionError.ts";
import { converters } from "./converters.ts";
import { type RunLimits, runConversion } from "./runConversion.ts";

/**
 * What this engine does for each kind of job: its converter, in a process of its own. What may have been chance is tried again once; a
 * second time it is the file, and the family reads that.
 * @param run for tests
 */
export function conversions(
  limits: Partial<RunLimits> = {},
  run: typeof runConversion = runConversion,
): ReadonlyMap<string, Work> {
  const work: Work = async ({ log, attempt, ...task }) => {
    try {
      const { peakResidentBytes, ...result } = await run({ ...task, limits });
      log.info("conversion_done", { peakResidentBytes });
      return result;
    } catch (error) {
      throw attempt > 1 && error instanceof ConversionError && error.retryable ? forGood(error) : error;
    }
  };
  return new Map([...converters.keys()].map((kind) => [kind, work]));
}

function forGood(error: ConversionError): ConversionError {
  return new ConversionError(
    error.code,
    "The conversion failed twice with this file. Please choose another one, or save it again on the phone first.",
    { cause: error },
  );
}
