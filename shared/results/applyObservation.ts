/** Brings SQL, and what was put aside, to what a sighting says. Runs inside the transaction that holds the result's lock. */

import type { DomainEvent } from "../events/event.ts";
import { enqueueEvent } from "../events/outbox.ts";
import type { Clock } from "../platform/clock.ts";
import type { Sql } from "../platform/sql/pool.ts";
import { spaceState } from "../spaces/spaceState.ts";
import { decide, type Finding, type Mode } from "./decide.ts";
import type { Sighting, SightingDeps } from "./observation.ts";
import { putAside, takeBack } from "./quarantine.ts";
import { claimedSpace, type Unreadable } from "./readResult.ts";
import { type Result, resourceIdOf, SAMPLES_SPACE } from "./resultDocument.ts";
import {
  dropResource,
  hideResource,
  type KnownRow,
  markAnnounced,
  putResource,
  setKnown,
  sqlSpaceOf,
} from "./resultRows.ts";
import { sealResult } from "./seal.ts";

export interface ApplyDeps extends SightingDeps {
  readonly clock: Clock;
}

/** What became of a result: `unchanged` when SQL was there already, or further. */
export type SyncOutcome = "synced" | "gone" | "quarantined" | "sealed" | "unchanged";

export interface Applied {
  readonly outcome: SyncOutcome;
  /** What was put into the outbox; to be published after the commit. */
  readonly events: readonly DomainEvent[];
  /** Why it was put aside, if it was. */
  readonly why?: Unreadable;
}

/** A sighting and what it comes to. */
export interface Judged {
  readonly finding: Finding;
  readonly sighting: Sighting;
}

/**
 * Documents in quarantine are written here, before the commit: if that fails, the event comes again and writes the same once more.
 * The other way round a crash could leave a result that SQL calls put aside and that nobody finds.
 */
export async function applySighting(
  sql: Sql,
  jobId: string,
  known: KnownRow | undefined,
  judged: Judged,
  mode: Mode,
  deps: ApplyDeps,
): Promise<Applied> {
  const step = decide(known, judged.sighting.version, judged.finding, mode);
  switch (step.action) {
    case "nothing":
      return { outcome: "unchanged", events: [] };
    case "drop":
      await dropResource(sql, jobId);
      await setKnown(sql, jobId, step.known, undefined);
      await takeBack(jobId, deps);
      return { outcome: "gone", events: [] };
    case "seal": {
      const spaceId = known?.spaceId ?? groupOf(judged.sighting);
      // A sealed result has its row already, whose version and state stay.
      if (known?.state !== "sealed") await setKnown(sql, jobId, step.known, spaceId);
      await sealResult(sql, jobId, spaceId, deps.clock());
      return { outcome: "sealed", events: [] };
    }
    case "hide": {
      const { data, why } = unreadable(judged.sighting);
      await hideResource(sql, jobId);
      await setKnown(sql, jobId, step.known, undefined);
      await putAside({ jobId, version: step.known.version, why, data, now: deps.clock() }, deps);
      return { outcome: "quarantined", events: [], why };
    }
    case "put": {
      const result = readable(judged.sighting);
      await setKnown(sql, jobId, step.known, sqlSpaceOf(result));
      await putResource(sql, result);
      const events = known?.announced ? [] : await announce(sql, result, deps);
      await takeBack(jobId, deps);
      return { outcome: "synced", events };
    }
  }
}

/**
 * What only SQL can tell: whether the space lives. A living space stays so until the transaction ends. Asked before the result's row
 * is locked, because erasure takes the two in this order as well.
 */
export async function judge(sql: Sql, sighting: Sighting): Promise<Judged> {
  if (sighting.data === undefined) return { finding: "absent", sighting };
  const spaceId = groupOf(sighting);
  const space =
    spaceId === undefined || spaceId === SAMPLES_SPACE ? "living" : await spaceState(sql, spaceId);
  if (space === "erased") return { finding: "forbidden", sighting };
  if ("why" in sighting) return { finding: "unreadable", sighting };
  if (space === "unknown") {
    const why = { code: "foreign_space", detail: "spaceId: no such group" } as const;
    return { finding: "unreadable", sighting: { version: sighting.version, data: sighting.data, why } };
  }
  return { finding: "readable", sighting };
}

/** News of a result is told once, however often its document comes, goes and changes; of a sample it isn't told. */
async function announce(sql: Sql, result: Result, deps: ApplyDeps): Promise<DomainEvent[]> {
  if (result.spaceId === SAMPLES_SPACE) return [];
  const now = deps.clock();
  const event: DomainEvent = {
    id: `${result.jobId}.succeeded`,
    at: now.toISOString(),
    type: "job_succeeded",
    jobId: result.jobId,
    spaceId: result.spaceId,
    kind: result.kind,
    title: result.title,
    resourceId: resourceIdOf(result.jobId),
  };
  await markAnnounced(sql, result.jobId, now);
  return (await enqueueEvent(sql, event)) ? [event] : [];
}

function groupOf(sighting: Sighting): string | undefined {
  return sighting.data === undefined ? undefined : claimedSpace(sighting.data);
}

function readable(sighting: Sighting): Result {
  if (sighting.data === undefined || !("result" in sighting)) throw new Error("put needs a readable result");
  return sighting.result;
}

function unreadable(sighting: Sighting): { data: Record<string, unknown>; why: Unreadable } {
  if (sighting.data === undefined || !("why" in sighting)) throw new Error("hide needs an unreadable result");
  return sighting;
}
