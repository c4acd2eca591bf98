import type { Firestore } from "@google-cloud/firestore";
import { audit } from "#shared/audit/audit.ts";
import type { Clock } from "#shared/clock.ts";
import type { ObjectStore } from "#shared/cloud/objects.ts";
import { Forbidden, NotFound } from "#shared/errors.ts";
import { finishRemoval } from "#shared/results/finishRemoval.ts";
import type { Database } from "#shared/sql/pool.ts";

export interface DeleteResourceDeps {
  readonly db: Database;
  readonly firestore: Firestore;
  readonly objects: ObjectStore;
  readonly clock: Clock;
}

/**
 * Deletes a group's resource for good: row and seal in one SQL transaction first, so that no event which is still under way brings
 * it back; then the result document and the objects. A crash after the first step leaves a removal that `sweep` finishes.
 * @throws NotFound when it isn't there or another group's; Forbidden for a sample
 */
export async function deleteResource(
  input: { userId: string; resourceId: string },
  deps: DeleteResourceDeps,
): Promise<void> {
  const jobId = await deps.db.transaction(async (sql) => {
    const { rows } = await sql.query<{ job_id: string; group_id: string | null }>(
      `SELECT r.job_id, r.group_id FROM resources r
       WHERE r.id = $2
         AND (r.group_id IS NULL OR r.group_id = (SELECT m.group_id FROM members m WHERE m.user_id = $1))
       FOR UPDATE OF r`,
      [input.userId, input.resourceId],
    );
    const found = rows[0];
    if (!found) throw new NotFound();
    if (found.group_id === null) throw new Forbidden("a sample belongs to everyone");
    await sql.query("UPDATE result_versions SET state = 'sealed' WHERE job_id = $1", [found.job_id]);
    await sql.query("DELETE FROM resources WHERE id = $1", [input.resourceId]);
    await sql.query(
      `INSERT INTO removals (job_id, object_prefix, requested_at) VALUES ($1, $2, $3) ON CONFLICT (job_id) DO NOTHING`,
      [found.job_id, `groups/${found.group_id}/jobs/${found.job_id}/`, deps.clock()],
    );
    await audit(
      sql,
      { action: "resource_deleted", userId: input.userId, groupId: found.group_id },
      deps.clock(),
    );
    return found.job_id;
  });
  await finishRemoval(jobId, deps);
}
