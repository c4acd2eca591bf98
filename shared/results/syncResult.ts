/**
 * Brings one result from Firestore into SQL. Whoever calls — an event, a replay, the audit — only says which; what counts is the
 * document as it is now. So it may be called in any order and any number of times.
 */
import type { Firestore } from "@google-cloud/firestore";
import type { Clock } from "../clock.ts";
import type { ObjectStore } from "../cloud/objects.ts";
import { type Result, resourceIdOf, SAMPLES_GROUP } from "../documents/result.ts";
import type { DomainEvent } from "../events/event.ts";
import { enqueueEvent } from "../events/outbox.ts";
import { groupState } from "../groups/groupState.ts";
import type { Kinds } from "../kinds/index.ts";
import type { Logger } from "../log/logger.ts";
import type { Database, Sql } from "../sql/pool.ts";
import { decide, type Seen } from "./decide.ts";
import { finishRemoval } from "./finishRemoval.ts";
import { putAside, takeBack } from "./quarantine.ts";
import { missingFile, readResult, type Unreadable } from "./readResult.ts";
import {
  dropResource,
  hideResource,
  knownVersion,
  lockResult,
  noteRemoval,
  putResource,
  setVersion,
} from "./resultRows.ts";
import { versionOf } from "./version.ts";

export interface SyncDeps {
  readonly db: Database;
  readonly firestore: Firestore;
  /** The bucket of resources. */
  readonly objects: ObjectStore;
  readonly kinds: Kinds;
  readonly clock: Clock;
  readonly log: Logger;
  /** Publishes what the outbox holds of these ids; must not throw, since `sweep` publishes what was left. */
  readonly publish: (events: readonly DomainEvent[]) => Promise<void>;
}

/** What a call did: `unchanged` when SQL was there already, or further. */
export type SyncOutcome = "synced" | "gone" | "quarantined" | "sealed" | "unchanged";

type Sighting =
  | { readonly seen: Seen; readonly content: undefined }
  | {
      readonly seen: Seen;
      readonly content:
        | { data: Record<string, unknown>; result: Result }
        | { data: Record<string, unknown>; why: Unreadable };
    };

/**
 * @param options.replay read a document again that was put aside at this same version, because the code or its surroundings changed
 * @throws whatever the stores throw when they are away; the call then had no effect, or one that repeating completes
 */
export async function syncResult(
  jobId: string,
  deps: SyncDeps,
  options: { replay?: boolean } = {},
): Promise<SyncOutcome> {
  const replay = options.replay ?? false;
  const snapshot = await deps.firestore.doc(`results/${jobId}`).get();
  const data = snapshot.data();
  const seen: Seen = snapshot.updateTime
    ? { present: true, version: versionOf(snapshot.updateTime) }
    : { present: false, version: versionOf(snapshot.readTime) };

  // The usual repeated event ends here, without a transaction and without a look at the files.
  if (decide(await knownVersion(deps.db, jobId), seen, replay) === "nothing") return "unchanged";

  const sighting: Sighting =
    data === undefined ? { seen, content: undefined } : { seen, content: await read(jobId, data, deps) };
  const outcome = await settle(jobId, sighting, replay, deps);
  deps.log.info("result_synced", { jobId, outcome });
  return outcome;
}

async function read(jobId: string, data: Record<string, unknown>, deps: SyncDeps) {
  const reading = readResult(jobId, data, deps.kinds);
  if (!reading.ok) return { data, why: reading.why };
  const missing = await missingFile(reading.result, deps.objects);
  return missing ? { data, why: missing } : { data, result: reading.result };
}

async function settle(
  jobId: string,
  sighting: Sighting,
  replay: boolean,
  deps: SyncDeps,
): Promise<SyncOutcome> {
  const { seen, content } = sighting;
  if (content !== undefined && "why" in content) return quarantine(jobId, seen, content, replay, deps);

  const events: DomainEvent[] = [];
  let refused: Unreadable | undefined;
  let outcome: SyncOutcome;
  try {
    outcome = await deps.db.transaction(async (sql) => {
      refused = undefined;
      events.length = 0;
      await lockResult(sql, jobId);
      const decision = decide(await knownVersion(sql, jobId), seen, replay);
      if (decision === "nothing") return "unchanged";
      if (decision === "remove") return seal(sql, jobId, content?.result.groupId, deps);
      if (content === undefined) {
        await dropResource(sql, jobId);
        await setVersion(sql, jobId, { version: seen.version, state: "gone" }, null);
        return "gone";
      }
      return put(sql, content.result, seen, deps, events, (why) => {
        refused = why;
      });
    });
  } catch (error) {
    const why = refusalOfDatabase(error);
    if (!why || content === undefined) throw error;
    refused = why;
    outcome = "quarantined";
  }
  if (refused && content !== undefined)
    return quarantine(jobId, seen, { data: content.data, why: refused }, replay, deps);

  if (outcome === "sealed") await finishRemoval(jobId, deps);
  if (outcome === "synced" || outcome === "gone") await takeBack(jobId, deps);
  await deps.publish(events);
  return outcome;
}

async function put(
  sql: Sql,
  result: Result,
  seen: Seen,
  deps: SyncDeps,
  events: DomainEvent[],
  refuse: (why: Unreadable) => void,
): Promise<SyncOutcome> {
  const sample = result.groupId === SAMPLES_GROUP;
  const group = sample ? "living" : await groupState(sql, result.groupId);
  if (group === "unknown") {
    refuse({ code: "foreign_group", detail: "groupId: no such group" });
    return "quarantined";
  }
  await setVersion(
    sql,
    result.jobId,
    { version: seen.version, state: group === "erased" ? "sealed" : "synced" },
    sample ? null : result.groupId,
  );
  if (group === "erased") return seal(sql, result.jobId, result.groupId, deps);
  await putResource(sql, result);
  if (!sample) {
    const event: DomainEvent = {
      id: `${result.jobId}.succeeded`,
      at: deps.clock().toISOString(),
      type: "job_succeeded",
      jobId: result.jobId,
      groupId: result.groupId,
      kind: result.kind,
      title: result.title,
      resourceId: resourceIdOf(result.jobId),
    };
    await enqueueEvent(sql, event);
    events.push(event);
  }
  return "synced";
}

/** Keeps a result from ever coming back, and notes that what there is of it has to go. */
async function seal(
  sql: Sql,
  jobId: string,
  groupId: string | undefined,
  deps: SyncDeps,
): Promise<SyncOutcome> {
  await dropResource(sql, jobId);
  await sql.query("UPDATE result_versions SET state = 'sealed' WHERE job_id = $1", [jobId]);
  if (groupId !== undefined) await noteRemoval(sql, jobId, groupId, deps.clock());
  return "sealed";
}

/** The document is put aside before SQL says so: a crash in between has the event delivered again, which puts it aside again. */
async function quarantine(
  jobId: string,
  seen: Seen,
  content: { data: Record<string, unknown>; why: Unreadable },
  replay: boolean,
  deps: SyncDeps,
): Promise<SyncOutcome> {
  await putAside(
    { jobId, version: seen.version, why: content.why, data: content.data, now: deps.clock() },
    deps,
  );
  const groupId = typeof content.data.groupId === "string" ? content.data.groupId : null;
  const outcome = await deps.db.transaction(async (sql): Promise<SyncOutcome> => {
    await lockResult(sql, jobId);
    const decision = decide(await knownVersion(sql, jobId), seen, replay);
    if (decision === "nothing") return "unchanged";
    if (decision === "remove") return seal(sql, jobId, groupId ?? undefined, deps);
    await hideResource(sql, jobId);
    await setVersion(sql, jobId, { version: seen.version, state: "quarantined" }, null);
    return "quarantined";
  });
  deps.log.warn("result_put_aside", { jobId, code: content.why.code, outcome });
  if (outcome === "sealed") await finishRemoval(jobId, deps);
  if (outcome !== "quarantined") await takeBack(jobId, deps);
  return outcome;
}

/**
 * Postgres' word that these values can't be stored (class 22 data exception, class 23 integrity violation), which no repetition
 * changes; for example a NUL character in a title.
 */
function refusalOfDatabase(error: unknown): Unreadable | undefined {
  if (!(error instanceof Error) || !("code" in error) || typeof error.code !== "string") return undefined;
  if (!/^2[23]/.test(error.code)) return undefined;
  return { code: "rejected_by_database", detail: `SQLSTATE ${error.code}` };
}
