import type { Logger } from "#shared/platform/log/logger.ts";

/** One thing that `sweep` sees to. May run at any time, any number of times, beside itself; bounded work each time. */
export interface Repair {
  readonly name: string;
  /** Counts of what was done; `errors` are of single things that could not be done and are left for the next run. */
  readonly run: () => Promise<{
    readonly [what: string]: number | readonly unknown[] | undefined;
    readonly errors?: readonly unknown[];
  }>;
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
  const ended = (ok: boolean, did: Record<string, number>): RepairReport => ({
    name,
    ok,
    did,
    milliseconds: Math.round(performance.now() - startedAt),
  });
  try {
    const { errors = [], ...rest } = await run();
    const did = Object.fromEntries(Object.entries(rest).filter(isCount));
    for (const error of errors.slice(0, 10)) log.error("repair_incomplete", { repair: name, error });
    if (Object.values(did).some((count) => count > 0)) log.info("repaired", { repair: name, did });
    return ended(errors.length === 0, errors.length === 0 ? did : { ...did, errors: errors.length });
  } catch (error) {
    log.error("repair_failed", { repair: name, error });
    return ended(false, {});
  }
}

function isCount(entry: [string, unknown]): entry is [string, number] {
  return typeof entry[1] === "number";
}
