import type { Sql } from "../platform/sql/pool.ts";
import { type Applied, applyObservation, judge } from "./applyObservation.ts";
import { observe, withFiles } from "./observation.ts";
import { quarantinedVersion } from "./quarantine.ts";
import type { Unreadable } from "./readResult.ts";
import { knownResult, lockResult } from "./resultRows.ts";
import { type Difference, differenceOf, storedResult } from "./storedResult.ts";
import {
  afterCommit,
  isUnstorable,
  refusedAs,
  type SyncDeps,
  syncUnstorable,
  unlessRefused,
} from "./syncResult.ts";

/**
 * Compares one result with its document, contents included, and makes SQL and the quarantine what the document says. The document is
 * read while the result is locked, so it counts even if SQL claims to have a later version, and a live write at the same moment either is
 * seen or comes after.
 * @returns what differed and was mended; undefined when nothing did, and then nothing was written
 */
export async function mendResult(jobId: string, deps: SyncDeps): Promise<Difference | undefined> {
  if (isUnstorable(jobId)) {
    const outcome = await syncUnstorable(jobId, deps);
    return outcome === "unchanged" ? undefined : outcome === "gone" ? "invented" : "missing";
  }
  const mended = await unlessRefused((refusal) =>
    deps.db.transaction((sql) => mend(sql, jobId, refusal, deps)),
  );
  if (!mended) return undefined;
  await afterCommit(jobId, mended.applied, deps);
  return mended.difference;
}

async function mend(
  sql: Sql,
  jobId: string,
  refusal: Unreadable | undefined,
  deps: SyncDeps,
): Promise<{ difference: Difference; applied: Applied } | undefined> {
  await lockResult(sql, jobId);
  const observation = await observe(jobId, deps);
  const judgement = await judge(sql, refusedAs(await withFiles(observation, deps.objects), refusal));
  const known = await knownResult(sql, jobId, "lock");
  const inQuarantine = await quarantinedVersion(jobId, deps.firestore);
  const expected = known?.state === "quarantined" ? known.version : undefined;
  const entryDiffers =
    inQuarantine === expected ? undefined : inQuarantine === undefined ? "missing" : "invented";

  const livesOn = await creators(
    sql,
    observation.finding === "readable" ? [observation.result.createdBy] : [],
  );
  const difference = differenceOf(await storedResult(sql, jobId), observation, livesOn) ?? entryDiffers;
  if (!difference) return undefined;
  // A quarantined document that only looks readable: its files, its space or the database say no again.
  if (difference === "recovered" && judgement.finding === "unreadable" && !entryDiffers) return undefined;
  return { difference, applied: await applyObservation(sql, jobId, known, judgement, "mend", deps) };
}

/** Which of these people still have an account. */
export async function creators(sql: Sql, userIds: readonly string[]): Promise<(userId: string) => boolean> {
  if (userIds.length === 0) return () => false;
  const { rows } = await sql.query<{ id: string }>("SELECT id FROM users WHERE id = ANY($1)", [userIds]);
  const living = new Set(rows.map((row) => row.id));
  return (userId) => living.has(userId);
}
