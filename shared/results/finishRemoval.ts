import type { Firestore } from "@google-cloud/firestore";
import type { ObjectStore } from "../cloud/objects.ts";
import type { Sql } from "../sql/pool.ts";

export interface FinishRemovalDeps {
  readonly db: Sql;
  readonly firestore: Firestore;
  /** The bucket of resources. */
  readonly objects: ObjectStore;
}

/**
 * Takes away what SQL has sealed: the result document, then the objects, then the note that they have to go. Repeating it, or
 * stopping anywhere, is harmless: the note goes last.
 */
export async function finishRemoval(jobId: string, deps: FinishRemovalDeps): Promise<void> {
  const { rows } = await deps.db.query<{ object_prefix: string }>(
    "SELECT object_prefix FROM removals WHERE job_id = $1",
    [jobId],
  );
  const removal = rows[0];
  if (!removal) return;
  await deps.firestore.doc(`results/${jobId}`).delete();
  for await (const object of deps.objects.list(removal.object_prefix)) await deps.objects.remove(object.name);
  await deps.db.query("DELETE FROM removals WHERE job_id = $1", [jobId]);
}

/** Finishes removals that a crash left, oldest first. @returns how many */
export async function finishRemovals(
  deps: FinishRemovalDeps,
  options: { requestedBefore: Date; limit: number },
): Promise<number> {
  const { rows } = await deps.db.query<{ job_id: string }>(
    "SELECT job_id FROM removals WHERE requested_at < $1 ORDER BY requested_at LIMIT $2",
    [options.requestedBefore, options.limit],
  );
  for (const { job_id } of rows) await finishRemoval(job_id, deps);
  return rows.length;
}
