/** Uploads whose object arrived and whose event did not: delivery gives up after a day, and an event may be lost. */
import { plusSeconds } from "#shared/platform/clock.ts";
import { withTrace } from "#shared/platform/trace.ts";
import { type IngestUploadDeps, ingestUpload } from "#shared/uploads/ingestUpload.ts";
import { uploadsOf } from "#shared/uploads/uploadDocument.ts";

/** How old an upload is before its object is looked for; the event comes within seconds of the object. */
const PENDING_SECONDS = 300;

/**
 * Looks for the objects of up to `limit` pending uploads after an id, and passes the verdict that `ingest` would. An upload that fails
 * doesn't stop the others.
 * @returns how many objects were looked for and how many were there
 */
export async function ingestPendingUploads(
  place: string | undefined,
  deps: IngestUploadDeps,
  limit = 200,
): Promise<{ looked: number; ingested: number; errors: unknown[]; next: string | null }> {
  const before = plusSeconds(deps.clock(), -PENDING_SECONDS);
  const pending = uploadsOf(deps.firestore).where("state", "==", "pending").orderBy("__name__").limit(limit);
  const page = await (place === undefined ? pending : pending.startAfter(place)).get();
  const done = { looked: 0, ingested: 0, errors: [] as unknown[] };
  for (const document of page.docs) {
    try {
      const { createdAt, object } = document.data();
      if (createdAt > before) continue;
      done.looked += 1;
      const became = await withTrace(undefined, () => ingestUpload(object, deps));
      if (became !== undefined) done.ingested += 1;
    } catch (error) {
      done.errors.push(error);
    }
  }
  return { ...done, next: page.size === limit ? (page.docs.at(-1)?.id ?? null) : null };
}
