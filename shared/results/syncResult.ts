/**
 * Brings one result from Firestore into SQL. Whoever calls — an event, a replay — only says which; what counts is the document as it
 * is now. So it may be called in any order and any number of times.
 */
import type { DomainEvent } from "../events/event.ts";
import type { Logger } from "../platform/log/logger.ts";
import type { Database } from "../platform/sql/pool.ts";
import { type Applied, type ApplyDeps, applySighting, judge, type SyncOutcome } from "./applyObservation.ts";
import { isNews, type Mode, needsCertainty } from "./decide.ts";
import { finishRemoval } from "./finishRemoval.ts";
import { type Sighting, seenOf, sightingOf, withFiles } from "./observation.ts";
import type { Unreadable } from "./readResult.ts";
import { knownResult, lockResult } from "./resultRows.ts";
import { isUnstorable, syncUnstorable } from "./unstorableId.ts";

export interface SyncDeps extends ApplyDeps {
  readonly db: Database;
  readonly log: Logger;
  /** Publishes events of the outbox; must not throw, since `sweep` publishes what was left. */
  readonly publish: (events: readonly DomainEvent[]) => Promise<void>;
}

/**
 * @param mode `replay` reads a document again that was put aside at this same version
 * @throws whatever the stores throw when they are away; the call then had no effect, or one that repeating completes
 */
export async function syncResult(
  jobId: string,
  deps: SyncDeps,
  mode: Exclude<Mode, "mend"> = "event",
): Promise<SyncOutcome> {
  if (isUnstorable(jobId)) return syncUnstorable(jobId, deps);
  const sighting = sightingOf(jobId, await deps.firestore.doc(`results/${jobId}`).get(), deps.kinds);
  const [known, seen] = [await knownResult(deps.db, jobId), seenOf(sighting)];
  // The usual repeated event ends here, without a transaction and without a look at the files.
  if (!isNews(known, seen, mode) && !needsCertainty(known, seen)) return "unchanged";
  return settle(jobId, await withFiles(sighting, deps.objects), mode, deps);
}

async function settle(jobId: string, sighting: Sighting, mode: Mode, deps: SyncDeps): Promise<SyncOutcome> {
  const applied = await unlessRefused<Applied>((refusal) =>
    deps.db.transaction(async (sql) => {
      await lockResult(sql, jobId);
      const judged = await judge(sql, refusedAs(sighting, refusal));
      const known = await knownResult(sql, jobId, "lock");
      if (!needsCertainty(known, seenOf(sighting)))
        return applySighting(sql, jobId, known, judged, mode, deps);
      // Read while locked, it is right whatever the versions say.
      const sure = sightingOf(jobId, await deps.firestore.doc(`results/${jobId}`).get(), deps.kinds);
      const certain = await judge(sql, refusedAs(await withFiles(sure, deps.objects), refusal));
      if (certain.finding === "absent" && known?.state === "gone")
        return { outcome: "unchanged", events: [] };
      return applySighting(sql, jobId, known, certain, "mend", deps);
    }),
  );
  await finish(jobId, applied, deps);
  return applied.outcome;
}

/** Does `work`; when the database refuses its values, once more with that refusal. */
export async function unlessRefused<T>(work: (refusal: Unreadable | undefined) => Promise<T>): Promise<T> {
  try {
    return await work(undefined);
  } catch (error) {
    const refusal = refusalOfDatabase(error);
    if (!refusal) throw error;
    return work(refusal);
  }
}

/** A readable document that the database refused is unreadable for that reason. */
export function refusedAs(sighting: Sighting, refusal: Unreadable | undefined): Sighting {
  if (!refusal || sighting.data === undefined || "why" in sighting) return sighting;
  return { version: sighting.version, data: sighting.data, why: refusal };
}

/** What follows the commit; `sweep` does it if this doesn't happen. */
export async function finish(jobId: string, applied: Applied, deps: SyncDeps): Promise<void> {
  const { outcome, why } = applied;
  if (why) deps.log.warn("result_put_aside", { jobId, code: why.code });
  else deps.log.info("result_synced", { jobId, outcome });
  if (outcome === "sealed") await finishRemoval(jobId, deps);
  await deps.publish(applied.events);
}

/**
 * Postgres' word that these values can't be stored (class 22 data exception, class 23 integrity violation), which no repetition
 * changes; for example a NUL character in a title. A missing foreign key (23503) isn't one: it is someone who went at the same time.
 */
function refusalOfDatabase(error: unknown): Unreadable | undefined {
  if (!(error instanceof Error) || !("code" in error) || typeof error.code !== "string") return undefined;
  if (!/^2[23]/.test(error.code) || error.code === "23503") return undefined;
  return { code: "rejected_by_database", detail: `SQLSTATE ${error.code}` };
}
