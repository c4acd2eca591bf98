/** Uploads whose object arrived and whose event did not: delivery gives up after a day, and an event may be lost. */
import { plusSeconds } from "#shared/platform/clock.ts";
import { type TimeLimit, UNLIMITED, workThrough } from "#shared/platform/timeLimit.ts";
import { withTrace } from "#shared/platform/trace.ts";
import { type IngestUploadDeps, ingestUpload } from "#shared/uploads/ingestUpload.ts";
import { pendingUploads } from "#shared/uploads/queries.ts";
import { after, type CreationRange, nextByCreation } from "./byCreation.ts";

/** How old an upload is before its object is looked for; the event comes within seconds of the object. */
const PENDING_SECONDS = 300;

/**
 * Looks for the objects of a page of pending uploads, from the oldest on, and passes the verdict that `ingest` would. An upload that
 * fails doesn't stop the others.
 * @param range.place where the page begins; at the oldest unless given
 * @param range.since uploads signed after this time only
 * @returns how many objects were looked for, how many were there, and where the next page begins, or null at the end
 */
export async function ingestPendingUploads(
  deps: IngestUploadDeps,
  range: CreationRange = {},
  time: TimeLimit = UNLIMITED,
  limit = 100,
): Promise<{ looked: number; ingested: number; errors: readonly unknown[]; next: string | null }> {
  const before = plusSeconds(deps.clock(), -PENDING_SECONDS);
  const pending = pendingUploads(deps.firestore).where("createdAt", "<=", before).limit(limit);
  const page = await after(pending, range).get();
  const { done, errors, through } = await workThrough(page.docs, time, async (document) => {
    const { object } = document.data();
    return (await withTrace(undefined, () => ingestUpload(object, deps))) !== undefined;
  });
  const next = nextByCreation(page.docs, through, limit, range);
  return { looked: through, ingested: done, errors, next };
}
