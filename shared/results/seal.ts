/** Sealing: a result that was deleted or erased on purpose, and that nothing which arrives later brings back. */
import type { Sql } from "../sql/pool.ts";
import { dropResource } from "./resultRows.ts";

/**
 * Seals one result: its rows go, and a removal is noted for its document and its objects. The caller holds the result's lock, and
 * calls `finishRemoval` after the commit; `sweep` does if it can't.
 * @param groupId whose folder its objects are in; undefined when that isn't known
 */
export async function sealResult(
  sql: Sql,
  jobId: string,
  groupId: string | undefined,
  now: Date,
): Promise<void> {
  await dropResource(sql, jobId);
  await sql.query("UPDATE result_versions SET state = 'sealed' WHERE job_id = $1", [jobId]);
  await sql.query(
    "INSERT INTO removals (job_id, object_prefix, requested_at) VALUES ($1, $2, $3) ON CONFLICT (job_id) DO NOTHING",
    [jobId, groupId === undefined ? null : `groups/${groupId}/jobs/${jobId}/`, now],
  );
}

/**
 * Seals every result that SQL knows of a group. Call it in the transaction that writes the group's tombstone, after the group's row
 * was locked FOR UPDATE or deleted: a sync under way holds that row, so its result is there by then; one that comes later finds the
 * tombstone and seals its result itself.
 * @returns how many results were sealed
 */
export async function sealGroup(sql: Sql, groupId: string, now: Date): Promise<number> {
  const { rows } = await sql.query<{ job_id: string }>(
    "UPDATE result_versions SET state = 'sealed' WHERE group_id = $1 AND state <> 'sealed' RETURNING job_id",
    [groupId],
  );
  const jobIds = rows.map((row) => row.job_id);
  await sql.query("DELETE FROM resources WHERE job_id = ANY($1)", [jobIds]);
  await sql.query(
    `INSERT INTO removals (job_id, object_prefix, requested_at)
     SELECT job_id, 'groups/' || $2 || '/jobs/' || job_id || '/', $3 FROM unnest($1::text[]) AS job_id
     ON CONFLICT (job_id) DO NOTHING`,
    [jobIds, groupId, now],
  );
  return rows.length;
}
