/** Sealing: a result that was deleted or erased on purpose, and that nothing which arrives later brings back. */
import type { Sql } from "../platform/sql/pool.ts";
import { dropResource } from "./resultRows.ts";

/**
 * Seals one result: its rows go, and a removal is noted for its document and its objects. The caller holds the result's lock, and
 * calls `finishRemoval` after the commit; `sweep` does if it can't.
 * @param spaceId whose folder its objects are in; undefined when that isn't known
 */
export async function sealResult(
  sql: Sql,
  jobId: string,
  spaceId: string | undefined,
  now: Date,
): Promise<void> {
  await sql.query("UPDATE result_versions SET state = 'sealed' WHERE job_id = $1", [jobId]);
  await dropResource(sql, jobId);
  await sql.query(
    "INSERT INTO removals (job_id, object_prefix, requested_at) VALUES ($1, $2, $3) ON CONFLICT (job_id) DO NOTHING",
    [jobId, spaceId === undefined ? null : `spaces/${spaceId}/jobs/${jobId}/`, now],
  );
}
