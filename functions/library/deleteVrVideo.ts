import { type ChangingDeps, changing } from "#shared/changes/changing.ts";
import { errors } from "#shared/platform/errors.ts";
import { idParam } from "#shared/platform/http/idParam.ts";
import { route } from "#shared/platform/http/route.ts";
import { requireMember } from "#shared/spaces/membership.ts";

/**
 * Deletes a VR video of a space of this person's; its resources stay.
 * @throws `not_found`; `forbidden` for a role that may not
 */
export async function deleteVrVideo(
  input: { userId: string; id: string },
  deps: ChangingDeps,
): Promise<void> {
  const { userId, id } = input;
  await changing(deps, async (sql, changes) => {
    const { rows } = await sql.query<{ space_id: string }>("SELECT space_id FROM vr_videos WHERE id = $1", [
      id,
    ]);
    if (!rows[0]) throw errors.notFound();
    const spaceId = rows[0].space_id;
    await requireMember(sql, { userId, spaceId }, "delete");
    const { rowCount } = await sql.query("DELETE FROM vr_videos WHERE id = $1", [id]);
    if (rowCount !== 1) throw errors.notFound();
    changes.push({ spaceId, type: "vr_video", id, op: "delete" });
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
    errors: ["not_found", "forbidden"],
  },
  deleteVrVideo,
  async (c, perform) => {
    await perform({ userId: c.var.account.userId, ...c.req.valid("param") });
    return c.body(null, 204);
  },
);
