import type { Firestore } from "@google-cloud/firestore";
import { type ChangingDeps, changing } from "#shared/changes/changing.ts";
import { errors } from "#shared/platform/errors.ts";
import { idParam } from "#shared/platform/http/idParam.ts";
import { route } from "#shared/platform/http/route.ts";
import type { Logger } from "#shared/platform/log/logger.ts";
import { audit } from "#shared/platform/sql/auditLog.ts";
import type { Sql } from "#shared/platform/sql/pool.ts";
import type { ObjectStore } from "#shared/platform/storage/objectStore.ts";
import { eraseResult, finishRemoval } from "#shared/results/finishRemoval.ts";
import { changesOfResource, shownOf } from "#shared/results/resourceChanges.ts";
import { lockResult } from "#shared/results/resultRows.ts";
import { requireMember } from "#shared/spaces/membership.ts";

export interface DeleteResourceDeps extends ChangingDeps {
  readonly firestore: Firestore;
  readonly objects: ObjectStore;
  readonly log: Logger;
}

/**
 * Deletes a space's resource for good: it is erased in one SQL transaction first, so that no event which is still under way brings
 * it back; then the result document and the objects. A crash after the first step leaves a removal that `sweep` finishes.
 * @throws `not_found` when it isn't there or of a space that they aren't in; `forbidden` for a sample, and for a role that may not
 */
export async function deleteResource(
  input: { userId: string; id: string },
  deps: DeleteResourceDeps,
): Promise<void> {
  const jobId = await changing(deps, async (sql, changes) => {
    const sighted = await deletable(sql, input);
    // A sync of the same result waits, or is waited for; it then finds it erased, or has brought what is deleted here.
    await lockResult(sql, sighted.jobId);
    const { jobId, spaceId } = await deletable(sql, input);
    const now = deps.clock();
    changes.push(...changesOfResource(await shownOf(sql, jobId), undefined));
    await eraseResult(sql, jobId, spaceId, now);
    await audit(sql, { action: "resource_deleted", userId: input.userId, spaceId }, now);
    return jobId;
  });
  // From here on it is deleted; `sweep` finishes the rest if this doesn't.
  await finishRemoval(jobId, deps).catch((error: unknown) =>
    deps.log.warn("removal_left_to_sweep", { jobId, error }),
  );
}

export const deleteResourceRoute = route(
  {
    operationId: "deleteResource",
    access: "account",
    method: "delete",
    path: "/v1/resources/{id}",
    summary: "Delete a resource for good, with the VR videos that have it as their scene",
    request: { params: idParam },
    responses: { 204: { description: "Gone." } },
    errors: ["not_found", "forbidden"],
  },
  deleteResource,
  async (c, perform) => {
    await perform({ userId: c.var.account.userId, ...c.req.valid("param") });
    return c.body(null, 204);
  },
);

async function deletable(
  sql: Sql,
  input: { userId: string; id: string },
): Promise<{ jobId: string; spaceId: string }> {
  const { rows } = await sql.query<{ job_id: string; space_id: string | null }>(
    "SELECT job_id, space_id FROM resources WHERE id = $1",
    [input.id],
  );
  const found = rows[0];
  if (!found) throw errors.notFound();
  if (found.space_id === null) throw errors.forbidden("a sample belongs to everyone");
  await requireMember(sql, { userId: input.userId, spaceId: found.space_id }, "delete");
  return { jobId: found.job_id, spaceId: found.space_id };
}
