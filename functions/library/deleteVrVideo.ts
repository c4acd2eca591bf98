import { type ChangingDeps, changing } from "#shared/changes/changing.ts";
import { errors } from "#shared/platform/errors.ts";
import { idParam } from "#shared/platform/http/idParam.ts";
import { route } from "#shared/platform/http/route.ts";

/**
 * Deletes a VR video of this person's space; its resources stay.
 * @throws `not_found`
 */
export async function deleteVrVideo(
  input: { userId: string; id: string },
  deps: ChangingDeps,
): Promise<void> {
  await changing(deps, async (sql, changes) => {
    const { rows } = await sql.query<{ space_id: string }>(
      `DELETE FROM vr_videos v USING space_members m WHERE m.space_id = v.space_id AND m.user_id = $1 AND v.id = $2
       RETURNING v.space_id`,
      [input.userId, input.id],
    );
    if (!rows[0]) throw errors.notFound();
    changes.push({ spaceId: rows[0].space_id, type: "vr_video", id: input.id, op: "delete" });
  });
}

export const deleteVrVideoRoute = route(
  {
    operationId: "deleteVrVideo",
    access: "account",
    method: "delete",
    path: "/v1/vr-videos/{id}",
    summary: "Delete a VR video; its resources stay",
    request: { params: idParam },
    responses: { 204: { description: "Gone." } },
    errors: ["not_found"],
  },
  deleteVrVideo,
  async (c, perform) => {
    await perform({ userId: c.var.account.userId, ...c.req.valid("param") });
    return c.body(null, 204);
  },
);
