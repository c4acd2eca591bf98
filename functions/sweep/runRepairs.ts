import pMap from "p-map";
import type { ScheduleName } from "#shared/manifest.ts";
import type { Logger } from "#shared/platform/log/logger.ts";
import { inTime, OutOfTimeError, type Stopwatch, TimeLimit } from "#shared/platform/timeLimit.ts";

/** What one repair did in one run. */
export interface RepairResult {
  /** Counts of what was done. */
  readonly did: Readonly<Record<string, number>>;
  /** Of single things that could not be done; they are left for the next run. */
  readonly errors: readonly unknown[];
  /** Whether something is left because its time was over: the next run continues. */
  readonly cut: boolean;
  /** Where a walk continues; undefined for a repair that begins again with what is due, and for a walk at its end. */
  readonly place?: string | undefined;
}

/**
 * One task of `sweep`. It may run at any time, any number of times, beside itself, and stop anywhere: what a second run or a late
 * continuation repeats has no second effect. Its work in one run is bounded in documents and rows, however full the stores are.
 */
export interface Repair {
  /** What it does, in snake_case. */
  readonly name: string;
  readonly schedule: ScheduleName;
  /** Real seconds after which it begins nothing in this run. */
  readonly budgetSeconds: number;
  /**
   * @param time asked before each document, row, object or page; nothing is begun after it is over
   * @param note takes what was done so far, for the report of a repair that hangs later
   */
  readonly run: (time: TimeLimit, note: (soFar: RepairResult) => void) => Promise<RepairResult>;
}

export interface RepairReport {
  readonly name: string;
  readonly ok: boolean;
  readonly cut: boolean;
  /** Counts of what was done. */
  readonly did: Readonly<Record<string, number>>;
  readonly milliseconds: number;
}

/** What a schedule has for one run. */
export interface RunLimits {
  /** Repairs at work at a time, so that one that hangs keeps the others waiting for nothing. */
  readonly atOnce: number;
  /** Real seconds that a repair has after its time to end what it has begun; then it is taken to hang, and left behind. */
  readonly graceSeconds: number;
  /** Real seconds after which no repair is begun. */
  readonly maxSeconds: number;
}

/**
 * Runs repairs in their order, some at a time, each for its own time. One that throws or hangs is reported and keeps none of the others
 * from running; one whose turn comes after the time of the run waits for the next run.
 */
export async function runRepairs(
  repairs: readonly Repair[],
  options: RunLimits & { log: Logger; stopwatch?: Stopwatch },
): Promise<{ repairs: RepairReport[]; failed: number; left: number }> {
  const time = new TimeLimit(options.maxSeconds, options.stopwatch);
  const reports = await pMap(repairs, (repair) => (time.left() === 0 ? undefined : runOne(repair, options)), {
    concurrency: options.atOnce,
  });
  const ran = reports.filter((report) => report !== undefined);
  return {
    repairs: ran,
    failed: ran.filter((report) => !report.ok).length,
    left: repairs.length - ran.length,
  };
}

/**
 * The longest that a run of these repairs can take, in seconds, when every one of them hangs: each lane takes the next repair when the
 * one before it is cut.
 */
export function longestRunSeconds(
  repairs: readonly Pick<Repair, "budgetSeconds">[],
  { atOnce, graceSeconds }: Pick<RunLimits, "atOnce" | "graceSeconds">,
): number {
  const lanes = Array.from({ length: atOnce }, () => 0);
  for (const { budgetSeconds } of repairs) {
    const next = lanes.indexOf(Math.min(...lanes));
    lanes[next] = (lanes[next] ?? 0) + budgetSeconds + graceSeconds;
  }
  return Math.max(...lanes);
}

async function runOne(
  { name, budgetSeconds, run }: Repair,
  { graceSeconds, log, stopwatch }: Pick<RunLimits, "graceSeconds"> & { log: Logger; stopwatch?: Stopwatch },
): Promise<RepairReport> {
  const startedAt = performance.now();
  const ended = (ok: boolean, { did, errors, cut }: RepairResult): RepairReport => ({
    name,
    ok,
    cut,
    did: errors.length === 0 ? did : { ...did, errors: errors.length },
    milliseconds: Math.round(performance.now() - startedAt),
  });
  let soFar: RepairResult = { did: {}, errors: [], cut: false };
  const note = (result: RepairResult) => {
    soFar = result;
  };
  const time = new TimeLimit(budgetSeconds, stopwatch);
  try {
    const result = await inTime(new TimeLimit(budgetSeconds + graceSeconds, stopwatch), () =>
      run(time, note),
    );
    const { did, errors, cut, place } = result;
    for (const error of errors.slice(0, 10)) log.error("repair_incomplete", { repair: name, error });
    if (Object.values(did).some((count) => count > 0)) log.info("repaired", { repair: name, did });
    if (cut) log.info("repair_continues", { repair: name, budgetSeconds, place: loggable(place) });
    return ended(errors.length === 0, result);
  } catch (error) {
    time.end();
    if (error instanceof OutOfTimeError) {
      log.warn("repair_cut", { repair: name, budgetSeconds, did: soFar.did, place: loggable(soFar.place) });
      return ended(false, { ...soFar, cut: true });
    }
    log.error("repair_failed", { repair: name, error });
    return ended(false, soFar);
  }
}

/** A place without the last part of an object's name, which an engine gave. */
function loggable(place: string | undefined): string | undefined {
  return place?.replace(/\/[^/]*$/, "/");
}
