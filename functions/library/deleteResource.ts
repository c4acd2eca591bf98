import type { Firestore } from "@google-cloud/firestore";
import { audit } from "#shared/audit/audit.ts";
import type { Clock } from "#shared/clock.ts";
import type { ObjectStore } from "#shared/cloud/objects.ts";
import { Forbidden, NotFound } from "#shared/errors.ts";
import type { Logger } from "#shared/log/logger.ts";
import { finishRemoval } from "#shared/results/finishRemoval.ts";
import { lockResult } from "#shared/results/resultRows.ts";
import { sealResult } from "#shared/results/seal.ts";
import type { Database, Sql } from "#shared/sql/pool.ts";

export interface DeleteResourceDeps {
  readonly db: Database;
  readonly firestore: Firestore;
  readonly objects: ObjectStore;
  readonly clock: Clock;
  readonly log: Logger;
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
    const sighted = await deletable(sql, input);
    // A sync of the same result waits, or is waited for; it then finds the seal, or has brought what is deleted here.
    await lockResult(sql, sighted.jobId);
    const { jobId, groupId } = await deletable(sql, input);
    const now = deps.clock();
    await sealResult(sql, jobId, groupId, now);
    await audit(sql, { action: "resource_deleted", userId: input.userId, groupId }, now);
    return jobId;
  });
  // From here on it is deleted, whatever becomes of the rest.
  await finishRemoval(jobId, deps).catch((error: unknown) =>
    deps.log.warn("removal_left_to_sweep", { jobId, error }),
  );
}

async function deletable(
  sql: Sql,
  input: { userId: string; resourceId: string },
): Promise<{ jobId: string; groupId: string }> {
  const { rows } = await sql.query<{ job_id: string; group_id: string | null }>(
    `SELECT r.job_id, r.group_id FROM resources r
     WHERE r.id = $2 AND (r.group_id IS NULL OR r.group_id = (SELECT m.group_id FROM members m WHERE m.user_id = $1))`,
    [input.userId, input.resourceId],
  );
  const found = rows[0];
  if (!found) throw new NotFound();
  if (found.group_id === null) throw new Forbidden("a sample belongs to everyone");
  return { jobId: found.job_id, groupId: found.group_id };
}
