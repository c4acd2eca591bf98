/**
 * Brings one result from Firestore into SQL. The caller (an event, a replay) only says which one; what counts is the document as it
 * is now. So it may be called in any order and any number of times.
 */
import type { DomainEvent } from "../events/event.ts";
import type { Clock } from "../platform/clock.ts";
import type { Logger } from "../platform/log/logger.ts";
import type { Database, Sql } from "../platform/sql/pool.ts";
import { adoptTrace } from "../platform/trace.ts";
import {
  type Applied,
  type ApplyDeps,
  applyObservation,
  judge,
  type SyncOutcome,
} from "./applyObservation.ts";
import { canChange, type Mode, needsCertainty } from "./decide.ts";
import { finishRemoval } from "./finishRemoval.ts";
import { type Observation, type ObservationDeps, observe, unreadable, withFiles } from "./observation.ts";
import { enterQuarantine, leaveQuarantine, quarantinedVersion } from "./quarantine.ts";
import type { Unreadable } from "./readResult.ts";
import { knownResult, lockResult } from "./resultRows.ts";

export interface SyncDeps extends ApplyDeps {
  readonly db: Database;
  readonly log: Logger;
  /** Publishes events of the outbox; must not throw, since `sweep` publishes what was left. */
  readonly publish: (events: readonly DomainEvent[]) => Promise<void>;
}

/**
 * @param mode `replay` reads a document again that was quarantined at this same version
 * @throws what the stores throw when they are away; the call then had no effect, or one that repeating completes
 */
export async function syncResult(
  jobId: string,
  deps: SyncDeps,
  mode: Exclude<Mode, "mend"> = "event",
): Promise<SyncOutcome> {
  if (isUnstorable(jobId)) return syncUnstorable(jobId, deps);
  const first = await observe(jobId, deps);
  if (first.finding === "readable") adoptTrace(first.result.trace);
  const known = await knownResult(deps.db, jobId);
  // The usual repeated event ends here, without a transaction and without a look at the files.
  if (!canChange(known, first, mode) && !needsCertainty(known, first)) return "unchanged";
  const observation = await withFiles(first, deps.objects);
  const applied = await unlessRefused((refusal) =>
    deps.db.transaction((sql) => applyLocked(sql, jobId, { observation, refusal, mode }, deps)),
  );
  await afterCommit(jobId, applied, deps);
  return applied.outcome;
}

async function applyLocked(
  sql: Sql,
  jobId: string,
  { observation, refusal, mode }: { observation: Observation; refusal: Unreadable | undefined; mode: Mode },
  deps: SyncDeps,
): Promise<Applied> {
  await lockResult(sql, jobId);
  const judgement = await judge(sql, refusedAs(observation, refusal));
  const known = await knownResult(sql, jobId, "lock");
  if (!needsCertainty(known, observation)) return applyObservation(sql, jobId, known, judgement, mode, deps);
  // Read while locked, it is right, even if the versions say something else.
  const certain = await withFiles(await observe(jobId, deps), deps.objects);
  if (certain.finding === "absent" && known?.state === "gone") return { outcome: "unchanged" };
  return applyObservation(sql, jobId, known, await judge(sql, refusedAs(certain, refusal)), "mend", deps);
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
export function refusedAs(observation: Observation, refusal: Unreadable | undefined): Observation {
  return refusal && observation.finding === "readable" ? unreadable(observation, refusal) : observation;
}

/** What follows the commit; `sweep` does it if this doesn't happen. */
export async function afterCommit(jobId: string, applied: Applied, deps: SyncDeps): Promise<void> {
  if (applied.outcome === "quarantined")
    deps.log.warn("result_quarantined", { jobId, code: applied.why.code });
  else deps.log.info("result_synced", { jobId, outcome: applied.outcome });
  if (applied.outcome === "erased") await finishRemoval(jobId, deps);
  if (applied.outcome === "synced") await deps.publish(applied.events);
}

/**
 * Postgres' word that these values can't be stored (class 22 data exception, class 23 integrity violation), which no repetition
 * changes; for example a NUL character in a title. A missing foreign key (23503) isn't one: its row went at the same time.
 */
function refusalOfDatabase(error: unknown): Unreadable | undefined {
  if (!(error instanceof Error) || !("code" in error) || typeof error.code !== "string") return undefined;
  if (!/^2[23]/.test(error.code) || error.code === "23503") return undefined;
  return { code: "rejected_by_database", detail: `SQLSTATE ${error.code}` };
}

/**
 * Firestore takes ids with a NUL character, Postgres has no text with one. Such a document can only be a mistake or malice; it is
 * quarantined like others of a wrong id, without a row in SQL.
 */
export function isUnstorable(jobId: string): boolean {
  return jobId.includes("\0");
}

/** Brings the quarantine to what a document of an unstorable id is now. */
export async function syncUnstorable(
  jobId: string,
  deps: ObservationDeps & { readonly clock: Clock },
): Promise<"quarantined" | "gone" | "unchanged"> {
  const observation = await observe(jobId, deps);
  const quarantined = await quarantinedVersion(jobId, deps.firestore);
  if (observation.finding === "absent") {
    if (quarantined === undefined) return "unchanged";
    await leaveQuarantine(jobId, deps);
    return "gone";
  }
  const { version, data } = observation;
  if (quarantined === version) return "unchanged";
  const why = { code: "wrong_id", detail: "the document's id holds a NUL character" } as const;
  await enterQuarantine({ jobId, version, why, data, now: deps.clock() }, deps);
  return "quarantined";
}
