import type { Sql } from "../platform/sql/pool.ts";
import { applyObservation } from "./applyObservation.ts";
import { type Attempt, applySeen, type Locked, see } from "./applySeen.ts";
import { quarantinedVersion } from "./quarantine.ts";
import { type Difference, differenceOf, peopleOf, storedResult } from "./storedResult.ts";
import { afterCommit, isUnstorable, type SyncDeps, syncUnstorable } from "./syncResult.ts";

/**
 * Compares one result with its document, contents included, and makes SQL and the quarantine what the document says. SQL must not have
 * changed since before the document was read, so the document counts even if SQL claims to have a later version, and a live write at the
 * same moment either is seen or comes after.
 * @returns what differed and was mended; undefined when nothing did, and then nothing was written
 */
export async function mendResult(jobId: string, deps: SyncDeps): Promise<Difference | undefined> {
  if (isUnstorable(jobId)) {
    const outcome = await syncUnstorable(jobId, deps);
    return outcome === "unchanged" ? undefined : outcome === "gone" ? "invented" : "missing";
  }
  const inQuarantine = await quarantinedVersion(jobId, deps.firestore);
  const work = (sql: Sql, locked: Locked) => mend(sql, jobId, { ...locked, inQuarantine });
  const { applied, recorded, result } = await applySeen(jobId, await see(jobId, deps), "mend", work, deps);
  if (result === undefined) return undefined;
  await afterCommit(jobId, { applied, recorded }, deps);
  return result;
}

async function mend(
  sql: Sql,
  jobId: string,
  locked: Locked & { inQuarantine: string | undefined },
): Promise<Attempt<Difference | undefined>> {
  const { known, isSame, observation, judgement, inQuarantine } = locked;
  if (!isSame) return { overtaken: true };
  const expected = known?.state === "quarantined" ? known.version : undefined;
  const entryDiffers =
    inQuarantine === expected ? undefined : inQuarantine === undefined ? "missing" : "invented";

  const livesOn = await accountsOf(
    sql,
    observation.finding === "readable" ? peopleOf(observation.result) : [],
  );
  const difference = differenceOf(await storedResult(sql, jobId), observation, livesOn) ?? entryDiffers;
  const same = { applied: { outcome: "unchanged" }, changes: [], result: undefined } as const;
  if (!difference) return same;
  // A quarantined document that only looks readable: its files, its space or the database say no again.
  if (difference === "recovered" && judgement.finding === "unreadable" && !entryDiffers) return same;
  const written = await applyObservation(sql, jobId, known, judgement, { ...locked, mode: "mend" });
  return "unentered" in written ? written : { ...written, result: difference };
}

/** Which of these people still have an account. */
export async function accountsOf(sql: Sql, userIds: readonly string[]): Promise<(userId: string) => boolean> {
  if (userIds.length === 0) return () => false;
  const { rows } = await sql.query<{ id: string }>("SELECT id FROM users WHERE id = ANY($1)", [userIds]);
  const living = new Set(rows.map((row) => row.id));
  return (userId) => living.has(userId);
}
