import type { Firestore } from "@google-cloud/firestore";
import type { Sql } from "../platform/sql/pool.ts";
import type { ObjectStore } from "../platform/storage/objectStore.ts";
import { takeBack } from "./quarantine.ts";

export interface FinishRemovalDeps {
  readonly db: Sql;
  readonly firestore: Firestore;
  /** The bucket of resources. */
  readonly objects: ObjectStore;
}

/**
 * Takes away what SQL has sealed: the result document and what was put aside of it, then the objects, then the note that they have
 * to go. Repeating it, or stopping anywhere, is harmless: the note goes last.
 */
export async function finishRemoval(jobId: string, deps: FinishRemovalDeps): Promise<void> {
  const { rows } = await deps.db.query<{ object_prefix: string | null }>(
    "SELECT object_prefix FROM removals WHERE job_id = $1",
    [jobId],
  );
  const removal = rows[0];
  if (!removal) return;
  await deps.firestore.doc(`results/${jobId}`).delete();
  await takeBack(jobId, deps);
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
): Promise<{ finished: number; errors: unknown[] }> {
  const { rows } = await deps.db.query<{ job_id: string }>(
    "SELECT job_id FROM removals WHERE requested_at < $1 ORDER BY requested_at LIMIT $2",
    [options.requestedBefore, options.limit],
  );
  const errors: unknown[] = [];
  for (const { job_id } of rows) await finishRemoval(job_id, deps).catch((error) => errors.push(error));
  return { finished: rows.length - errors.length, errors };
}
