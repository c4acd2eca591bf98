/** Brings SQL to what an observation says. Runs inside the transaction that holds the result's lock, and waits for nothing but SQL. */

import type { Change } from "../changes/change.ts";
import type { DomainEvent } from "../events/event.ts";
import type { Sql } from "../platform/sql/pool.ts";
import { spaceState } from "../spaces/spaceState.ts";
import { decide, type Judgement, type Mode } from "./decide.ts";
import { eraseResult } from "./finishRemoval.ts";
import { type Observation, type ReadableDocument, unreadable } from "./observation.ts";
import { announce, project } from "./projections/index.ts";
import { putResult, type ResultToPut } from "./putResult.ts";
import { claimedSpace, type Unreadable } from "./readResult.ts";
import { changesOfResource, type SeenResource, shownOf } from "./resourceChanges.ts";
import { type Result, resourceIdOf, SAMPLES_SPACE } from "./resultDocument.ts";
import {
  clearResource,
  dropResource,
  hideResource,
  type KnownRow,
  setKnown,
  sqlSpaceOf,
} from "./resultRows.ts";

/** What became of a result. `unchanged`: SQL was there already, or further. */
export type Applied =
  | { readonly outcome: "gone" | "erased" | "unchanged" }
  /** With what was put into the outbox; to be published after the commit. */
  | { readonly outcome: "synced"; readonly events: readonly DomainEvent[] }
  | { readonly outcome: "quarantined"; readonly why: Unreadable };

export type SyncOutcome = Applied["outcome"];

/** What was written, with what of it members see; the caller records that last. */
export interface Written {
  readonly applied: Applied;
  readonly changes: readonly Change[];
}

/** Nothing was written: the entry in quarantine for this reason has to be there first. */
export interface Unentered {
  readonly unentered: Unreadable;
}

/** The entry that is in quarantine: of which version, and why. */
export interface Entered {
  readonly version: string;
  readonly code: string;
}

/**
 * Writes what follows from a judgement. That a result is quarantined is only written when its entry in quarantine is there: a crash
 * before the commit leaves an entry that the repeated event, or the next reconciliation, finds. In the reverse order a result could be
 * quarantined for SQL and in no quarantine.
 * @param known as it is locked
 */
export async function applyObservation(
  sql: Sql,
  jobId: string,
  known: KnownRow | undefined,
  judgement: Judgement,
  { mode, entered, now }: { mode: Mode; entered: Entered | undefined; now: Date },
): Promise<Written | Unentered> {
  const step = decide(known, judgement, mode);
  if (step.action === "nothing") return { applied: { outcome: "unchanged" }, changes: [] };
  const before = known && (await shownOf(sql, jobId));
  switch (step.action) {
    case "drop":
      await dropResource(sql, jobId);
      await setKnown(sql, jobId, step.known, undefined);
      return { applied: { outcome: "gone" }, changes: changesOfResource(before, undefined) };
    case "erase": {
      const spaceId = known?.spaceId ?? spaceNamedBy(step.document);
      // An erased result has its row already, whose version and state stay.
      if (known?.state !== "erased") await setKnown(sql, jobId, step.known, spaceId);
      await eraseResult(sql, jobId, spaceId, now);
      return { applied: { outcome: "erased" }, changes: changesOfResource(before, undefined) };
    }
    case "hide": {
      const { version, why } = step.document;
      if (entered?.version !== version || entered.code !== why.code) return { unentered: why };
      await hideResource(sql, jobId);
      await setKnown(sql, jobId, step.known, undefined);
      const after = before && { ...before.resource, hidden: true };
      return { applied: { outcome: "quarantined", why }, changes: changesOfResource(before, after) };
    }
    case "put": {
      const { result } = step.document;
      const givenTitle = before ? await clearResource(sql, jobId) : null;
      const put = resultToPut(step.document, { isNotified: known?.notified ?? false, givenTitle, now });
      const events = [...(await putResult(sql, put))];
      await project(sql, result);
      if (!known?.notified) events.push(...(await announce(sql, result, now)));
      return { applied: { outcome: "synced", events }, changes: changesOfResource(before, shownAs(result)) };
    }
  }
}

/** @param to.isNotified whether phones were notified of the result before */
export function resultToPut(
  { result, version }: ReadableDocument,
  { isNotified, givenTitle, now }: { isNotified: boolean; givenTitle: string | null; now: Date },
): ResultToPut {
  // Of a sample phones are not notified.
  const isFirst = !isNotified && result.spaceId !== SAMPLES_SPACE;
  return {
    ...{ result, version, givenTitle },
    notifiedAt: isFirst ? now : undefined,
    events: isFirst ? [succeeded(result, now)] : [],
  };
}

/** A result's resource as members see it. */
export function shownAs(result: Result): SeenResource {
  return { id: resourceIdOf(result.jobId), spaceId: sqlSpaceOf(result), hidden: false };
}

/**
 * What only SQL can tell: whether the space lives. A living space stays so until the transaction ends. Asked before the result's row
 * is locked, because erasure takes the two in this order as well.
 */
export async function judge(sql: Sql, observation: Observation): Promise<Judgement> {
  if (observation.finding === "absent") return observation;
  const spaceId = claimedSpace(observation.data);
  const space =
    spaceId === undefined || spaceId === SAMPLES_SPACE ? "living" : await spaceState(sql, spaceId);
  if (space === "erased")
    return { finding: "forbidden", version: observation.version, data: observation.data };
  if (space === "unknown" && observation.finding === "readable")
    return unreadable(observation, { code: "foreign_space", detail: "spaceId: no such group" });
  return observation;
}

function succeeded(result: Result, now: Date): DomainEvent {
  return {
    id: `${result.jobId}.succeeded`,
    at: now.toISOString(),
    ...(result.trace === undefined ? {} : { trace: result.trace }),
    type: "job_succeeded",
    jobId: result.jobId,
    spaceId: result.spaceId,
    kind: result.kind,
    title: result.title,
    resourceId: resourceIdOf(result.jobId),
  };
}

/** The space that a document names, if there is a document and it names one. */
function spaceNamedBy(judgement: Judgement): string | undefined {
  return judgement.finding === "absent" ? undefined : claimedSpace(judgement.data);
}
