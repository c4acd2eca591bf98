/** Erasing a result on purpose, and removing what it leaves outside SQL. */
import type { Firestore } from "@google-cloud/firestore";
import type { Sql } from "../platform/sql/pool.ts";
import type { ObjectStore } from "../platform/storage/objectStore.ts";
import { type TimeLimit, UNLIMITED, workThrough } from "../platform/timeLimit.ts";
import { leaveQuarantine } from "./quarantine.ts";
import { rawResultsOf } from "./resultDocument.ts";
import { dropResource } from "./resultRows.ts";

export interface FinishRemovalDeps {
  readonly db: Sql;
  readonly firestore: Firestore;
  /** The bucket of resources. */
  readonly objects: ObjectStore;
}

/**
 * Erases one result in SQL for good: nothing that arrives later brings it back. Its rows go, and a removal is noted for its document
 * and its objects. The caller holds the result's lock, and calls `finishRemoval` after the commit; `sweep` does if it can't.
 * @param spaceId whose folder its objects are in; undefined when that isn't known
 */
export async function eraseResult(
  sql: Sql,
  jobId: string,
  spaceId: string | undefined,
  now: Date,
): Promise<void> {
  await sql.query("UPDATE result_versions SET state = 'erased' WHERE job_id = $1", [jobId]);
  await dropResource(sql, jobId);
  await sql.query(
    "INSERT INTO removals (job_id, object_prefix, requested_at) VALUES ($1, $2, $3) ON CONFLICT (job_id) DO NOTHING",
    [jobId, spaceId === undefined ? null : `spaces/${spaceId}/jobs/${jobId}/`, now],
  );
}

/**
 * Removes what is left of a result that SQL has erased: its document and its entry in quarantine, then its objects, then the note
 * that they have to go. Repeating it, or stopping anywhere, is harmless: the note goes last.
 */
export async function finishRemoval(jobId: string, deps: FinishRemovalDeps): Promise<void> {
  const { rows } = await deps.db.query<{ object_prefix: string | null }>(
    "SELECT object_prefix FROM removals WHERE job_id = $1",
    [jobId],
  );
  const removal = rows[0];
  if (!removal) return;
  await rawResultsOf(deps.firestore).doc(jobId).delete();
  await leaveQuarantine(jobId, deps);
  if (removal.object_prefix !== null) {
    for await (const object of deps.objects.list(removal.object_prefix))
      await deps.objects.remove(object.name);
  }
  await deps.db.query("DELETE FROM removals WHERE job_id = $1", [jobId]);
}

/**
 * Finishes removals that a crash left, oldest first.
 * @returns how many, and the errors of those that could not be finished
 */
export async function finishRemovals(
  deps: FinishRemovalDeps,
  options: { requestedBefore: Date; limit: number },
  time: TimeLimit = UNLIMITED,
): Promise<{ finished: number; errors: readonly unknown[]; cut: boolean }> {
  const { rows } = await deps.db.query<{ job_id: string }>(
    "SELECT job_id FROM removals WHERE requested_at < $1 ORDER BY requested_at LIMIT $2",
    [options.requestedBefore, options.limit],
  );
  const finish = async ({ job_id }: { job_id: string }) => {
    await finishRemoval(job_id, deps);
    return true;
  };
  const worked = await workThrough(rows, time, finish, { atOnce: 4, itemSeconds: 15 });
  return { finished: worked.done, errors: worked.errors, cut: worked.through < rows.length };
}
