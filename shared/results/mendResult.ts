import type { Sql } from "../platform/sql/pool.ts";
import { type Applied, applySighting, judge } from "./applyObservation.ts";
import { sightingOf, withFiles } from "./observation.ts";
import { asideVersion } from "./quarantine.ts";
import type { Unreadable } from "./readResult.ts";
import { knownResult, lockResult } from "./resultRows.ts";
import { type Difference, differenceOf, storedResult } from "./storedResult.ts";
import { finish, refusedAs, type SyncDeps, unlessRefused } from "./syncResult.ts";
import { isUnstorable, syncUnstorable } from "./unstorableId.ts";

/**
 * Compares one result with its document, contents included, and makes SQL and the quarantine what the document says. The document is
 * read while the result is locked, so it counts whatever version SQL claims to have, and a live write at the same moment either is
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
  await finish(jobId, mended.applied, deps);
  return mended.difference;
}

async function mend(
  sql: Sql,
  jobId: string,
  refusal: Unreadable | undefined,
  deps: SyncDeps,
): Promise<{ difference: Difference; applied: Applied } | undefined> {
  await lockResult(sql, jobId);
  const sighting = sightingOf(jobId, await deps.firestore.doc(`results/${jobId}`).get(), deps.kinds);
  const judged = await judge(sql, refusedAs(await withFiles(sighting, deps.objects), refusal));
  const known = await knownResult(sql, jobId, "lock");
  const aside = await asideVersion(jobId, deps.firestore);
  const expectedAside = known?.state === "quarantined" ? known.version : undefined;
  const asideDiffers = aside === expectedAside ? undefined : aside === undefined ? "missing" : "invented";

  const livesOn = await creators(sql, "result" in sighting ? [sighting.result.createdBy] : []);
  const difference = differenceOf(await storedResult(sql, jobId), sighting, livesOn) ?? asideDiffers;
  if (!difference) return undefined;
  // What was put aside and only looks readable: its files, its space or the database say no again.
  if (difference === "recovered" && judged.finding === "unreadable" && !asideDiffers) return undefined;
  return { difference, applied: await applySighting(sql, jobId, known, judged, "mend", deps) };
}

/** Which of these people still have an account. */
export async function creators(sql: Sql, userIds: readonly string[]): Promise<(userId: string) => boolean> {
  if (userIds.length === 0) return () => false;
  const { rows } = await sql.query<{ id: string }>("SELECT id FROM users WHERE id = ANY($1)", [userIds]);
  const living = new Set(rows.map((row) => row.id));
  return (userId) => living.has(userId);
}
