import { microsecondsOf } from "#shared/platform/firestore/version.ts";
import { decodeCursor, encodeCursor } from "#shared/platform/http/cursor.ts";
import type { JobState } from "#shared/queue/jobDocument.ts";
import { queryOf, shapes } from "#shared/queue/queries.ts";
import { type JobView, type ViewDeps, viewJob } from "#shared/queue/view.ts";

/**
 * A page of a space's jobs, newest first; the page after it begins where its cursor says, whatever was added meanwhile.
 * @throws `invalid_request` for a cursor that isn't of this list
 */
export async function listJobs(
  input: {
    spaceId: string;
    state: JobState | undefined;
    limit: number;
    cursor: string | undefined;
  },
  deps: ViewDeps,
): Promise<{ items: JobView[]; nextCursor: string | null }> {
  const { spaceId, state, limit } = input;
  const after = decodeCursor(input.cursor);
  let query = state
    ? queryOf(deps.firestore, shapes.ofSpaceAndState, spaceId, state)
    : queryOf(deps.firestore, shapes.ofSpace, spaceId);
  if (after) query = query.startAfter(new Date(after[0]), after[1]);
  const found = await query.limit(limit + 1).get();
  const page = found.docs.slice(0, limit).map((document) => ({ id: document.id, job: document.data() }));
  const last = page.at(-1);
  return {
    items: await Promise.all(page.map(({ id, job }) => viewJob(id, job, deps))),
    nextCursor:
      last && found.size > limit ? encodeCursor([microsecondsOf(last.job.createdAt), last.id]) : null,
  };
}
