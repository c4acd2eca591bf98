/**
 * Firestore takes ids with a NUL character, Postgres has no text with one. Such a document can only be someone's mistake or malice;
 * it is put aside like others of a wrong id, without a row in SQL.
 */
import type { Clock } from "../platform/clock.ts";
import type { SyncOutcome } from "./applyObservation.ts";
import { type SightingDeps, sightingOf } from "./observation.ts";
import { asideVersion, putAside, takeBack } from "./quarantine.ts";

export function isUnstorable(jobId: string): boolean {
  return jobId.includes("\0");
}

/** Brings the quarantine to what the document is now; there is nobody else to whom it could matter. */
export async function syncUnstorable(
  jobId: string,
  deps: SightingDeps & { clock: Clock },
): Promise<Extract<SyncOutcome, "quarantined" | "gone" | "unchanged">> {
  const sighting = sightingOf(jobId, await deps.firestore.doc(`results/${jobId}`).get(), deps.kinds);
  const aside = await asideVersion(jobId, deps.firestore);
  if (aside === (sighting.data && sighting.version)) return "unchanged";
  if (sighting.data === undefined) {
    await takeBack(jobId, deps);
    return "gone";
  }
  const why = { code: "wrong_id", detail: "the document's id holds a NUL character" } as const;
  await putAside({ jobId, version: sighting.version, why, data: sighting.data, now: deps.clock() }, deps);
  return "quarantined";
}
