/**
 * Brings one result from Firestore into SQL. The caller (an event, a replay) only says which one; what counts is the document as it
 * is now. So it may be called in any order and any number of times.
 */
import type { RaiseFeeds } from "../changes/raiseFeeds.ts";
import type { Recorded } from "../changes/recordChanges.ts";
import type { DomainEvent } from "../events/event.ts";
import type { Clock } from "../platform/clock.ts";
import type { Logger } from "../platform/log/logger.ts";
import type { Sql } from "../platform/sql/pool.ts";
import { adoptTrace } from "../platform/trace.ts";
import {
  type Applied,
  applyObservation,
  resultToPut,
  type SyncOutcome,
  shownAs,
} from "./applyObservation.ts";
import { type Attempt, applySeen, type Locked, type Outcome, type SeenDeps, see } from "./applySeen.ts";
import { canChange, type Mode, needsCertainty } from "./decide.ts";
import { finishRemoval } from "./finishRemoval.ts";
import { type ObservationDeps, observe, type ReadableDocument } from "./observation.ts";
import { projectionOf } from "./projections/index.ts";
import { putNewResult } from "./putResult.ts";
import { enterQuarantine, leaveQuarantine, quarantinedVersion } from "./quarantine.ts";
import { changesOfResource } from "./resourceChanges.ts";

export interface SyncDeps extends SeenDeps {
  readonly log: Logger;
  /** Publishes events of the outbox; must not throw, since `sweep` publishes what was left. */
  readonly publish: (events: readonly DomainEvent[]) => Promise<void>;
  readonly raiseFeeds: RaiseFeeds;
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
  const first = await see(jobId, deps);
  if (first.observation.finding === "readable") adoptTrace(first.observation.result.trace);
  const unsure = needsCertainty(first.known, first.observation);
  // The usual repeated event ends here, without a transaction and without a look at the files. A replay also removes an entry that a crash left.
  if (mode === "event" && !canChange(first.known, first.observation) && !unsure) return "unchanged";
  // An absence drops rows, so it is looked at again right before.
  const seen = unsure ? await see(jobId, deps) : first;
  const work = (sql: Sql, locked: Locked) => apply(sql, jobId, locked, mode);
  const { applied, recorded } = await applySeen(jobId, seen, mode, work, deps, (document) =>
    putNew(document, deps),
  );
  await afterCommit(jobId, { applied, recorded }, deps);
  return applied.outcome;
}

async function apply(sql: Sql, jobId: string, locked: Locked, mode: Mode): Promise<Attempt<undefined>> {
  const { known, judgement, isSame, isRepeated } = locked;
  // The one who overtook the first look has seen the same.
  if (isRepeated && judgement.finding === "absent" && known?.state === "gone")
    return { applied: { outcome: "unchanged" }, changes: [], result: undefined };
  const unsure = needsCertainty(known, judgement);
  if (unsure && !isSame) return { overtaken: true };
  // Nothing was written since before the look, so it is right, even if the versions say something else.
  const written = await applyObservation(sql, jobId, known, judgement, {
    ...locked,
    mode: unsure ? "mend" : mode,
  });
  return "unentered" in written ? written : { ...written, result: undefined };
}

/** Most events are of a result that is new; one of a kind with tables of its own takes the longer way. */
async function putNew(document: ReadableDocument, deps: SyncDeps): Promise<Outcome<undefined> | undefined> {
  const { result } = document;
  if (projectionOf(result)) return undefined;
  const now = deps.clock();
  const put = resultToPut(document, { isNotified: false, givenTitle: null, now });
  const written = await putNewResult(deps.db, put, changesOfResource(undefined, shownAs(result)), now);
  return (
    written && {
      applied: { outcome: "synced", events: written.added },
      recorded: written.recorded,
      result: undefined,
    }
  );
}

/** What follows the commit; `sweep` does it if this doesn't happen. */
export async function afterCommit(
  jobId: string,
  { applied, recorded }: { readonly applied: Applied; readonly recorded: readonly Recorded[] },
  deps: SyncDeps,
): Promise<void> {
  if (applied.outcome === "quarantined")
    deps.log.warn("result_quarantined", { jobId, code: applied.why.code });
  else deps.log.info("result_synced", { jobId, outcome: applied.outcome });
  if (applied.outcome === "erased") await finishRemoval(jobId, deps);
  const events = applied.outcome === "synced" ? applied.events : [];
  await Promise.all([deps.publish(events), deps.raiseFeeds(recorded)]);
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
