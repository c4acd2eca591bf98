/** Brings SQL and the quarantine to what an observation says. Runs inside the transaction that holds the result's lock. */

import type { DomainEvent } from "../events/event.ts";
import { enqueueEvent } from "../events/outbox.ts";
import type { Clock } from "../platform/clock.ts";
import type { Sql } from "../platform/sql/pool.ts";
import { spaceState } from "../spaces/spaceState.ts";
import { decide, type Judgement, type Mode } from "./decide.ts";
import { eraseResult } from "./finishRemoval.ts";
import { type Observation, type ObservationDeps, unreadable } from "./observation.ts";
import { enterQuarantine, leaveQuarantine } from "./quarantine.ts";
import { claimedSpace, type Unreadable } from "./readResult.ts";
import { type Result, resourceIdOf, SAMPLES_SPACE } from "./resultDocument.ts";
import {
  dropResource,
  hideResource,
  type KnownRow,
  markNotified,
  putResource,
  setKnown,
  sqlSpaceOf,
} from "./resultRows.ts";

export interface ApplyDeps extends ObservationDeps {
  readonly clock: Clock;
}

/** What became of a result. `unchanged`: SQL was there already, or further. */
export type Applied =
  | { readonly outcome: "gone" | "erased" | "unchanged" }
  /** With what was put into the outbox; to be published after the commit. */
  | { readonly outcome: "synced"; readonly events: readonly DomainEvent[] }
  | { readonly outcome: "quarantined"; readonly why: Unreadable };

export type SyncOutcome = Applied["outcome"];

/**
 * Documents in quarantine are written here, before the commit: if that fails, the event comes again and writes the same once more.
 * The other way round a crash could leave a result that SQL calls quarantined and that is in no quarantine.
 */
export async function applyObservation(
  sql: Sql,
  jobId: string,
  known: KnownRow | undefined,
  judgement: Judgement,
  mode: Mode,
  deps: ApplyDeps,
): Promise<Applied> {
  const step = decide(known, judgement, mode);
  switch (step.action) {
    case "nothing":
      return { outcome: "unchanged" };
    case "drop":
      await dropResource(sql, jobId);
      await setKnown(sql, jobId, step.known, undefined);
      await leaveQuarantine(jobId, deps);
      return { outcome: "gone" };
    case "erase": {
      const spaceId = known?.spaceId ?? spaceNamedBy(step.document);
      // An erased result has its row already, whose version and state stay.
      if (known?.state !== "erased") await setKnown(sql, jobId, step.known, spaceId);
      await eraseResult(sql, jobId, spaceId, deps.clock());
      return { outcome: "erased" };
    }
    case "hide": {
      const { version, data, why } = step.document;
      await hideResource(sql, jobId);
      await setKnown(sql, jobId, step.known, undefined);
      await enterQuarantine({ jobId, version, why, data, now: deps.clock() }, deps);
      return { outcome: "quarantined", why };
    }
    case "put": {
      const { result } = step.document;
      await setKnown(sql, jobId, step.known, sqlSpaceOf(result));
      await putResource(sql, result);
      const events = known?.notified ? [] : await notify(sql, result, deps);
      await leaveQuarantine(jobId, deps);
      return { outcome: "synced", events };
    }
  }
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

/** Phones are notified of a result once, however often its document comes, goes and changes; of a sample they are not. */
async function notify(sql: Sql, result: Result, deps: ApplyDeps): Promise<DomainEvent[]> {
  if (result.spaceId === SAMPLES_SPACE) return [];
  const now = deps.clock();
  const event: DomainEvent = {
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
  await markNotified(sql, result.jobId, now);
  return (await enqueueEvent(sql, event)) ? [event] : [];
}

/** The space that a document names, if there is a document and it names one. */
function spaceNamedBy(judgement: Judgement): string | undefined {
  return judgement.finding === "absent" ? undefined : claimedSpace(judgement.data);
}
