import type { Logger } from "#shared/platform/log/logger.ts";

/** What one repair did in one run. */
export interface RepairResult {
  /** Counts of what was done. */
  readonly did: Readonly<Record<string, number>>;
  /** Of single things that could not be done; they are left for the next run. */
  readonly errors: readonly unknown[];
}

/** One task of `sweep`. It may run at any time, any number of times, beside itself; its work in one run is bounded. */
export interface Repair {
  /** What it does, in snake_case. */
  readonly name: string;
  readonly run: () => Promise<RepairResult>;
}

export interface RepairReport {
  readonly name: string;
  readonly ok: boolean;
  /** Counts of what was done. */
  readonly did: Readonly<Record<string, number>>;
  readonly milliseconds: number;
}

/**
 * Runs every repair, one after the other. One that fails is reported and keeps none of the others from running; one whose turn comes
 * after the time is over waits for the next run.
 * @param options.maxSeconds real seconds after which no repair is begun
 */
export async function runRepairs(
  repairs: readonly Repair[],
  options: { maxSeconds: number; log: Logger },
): Promise<{ repairs: RepairReport[]; failed: number; left: number }> {
  const until = performance.now() + options.maxSeconds * 1000;
  const reports: RepairReport[] = [];
  for (const repair of repairs) {
    if (performance.now() > until) break;
    reports.push(await runOne(repair, options.log));
  }
  return {
    repairs: reports,
    failed: reports.filter((report) => !report.ok).length,
    left: repairs.length - reports.length,
  };
}

async function runOne({ name, run }: Repair, log: Logger): Promise<RepairReport> {
  const startedAt = performance.now();
  const ended = (ok: boolean, did: RepairResult["did"]): RepairReport => ({
    name,
    ok,
    did,
    milliseconds: Math.round(performance.now() - startedAt),
  });
  try {
    const { did, errors } = await run();
    for (const error of errors.slice(0, 10)) log.error("repair_incomplete", { repair: name, error });
    if (Object.values(did).some((count) => count > 0)) log.info("repaired", { repair: name, did });
    return ended(errors.length === 0, errors.length === 0 ? did : { ...did, errors: errors.length });
  } catch (error) {
    log.error("repair_failed", { repair: name, error });
    return ended(false, {});
  }
}
