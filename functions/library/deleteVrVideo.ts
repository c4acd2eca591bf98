import { errors } from "#shared/platform/errors.ts";
import { idParam } from "#shared/platform/http/idParam.ts";
import { route } from "#shared/platform/http/route.ts";
import type { Sql } from "#shared/platform/sql/pool.ts";

/**
 * Deletes a VR video of this person's space; its resources stay.
 * @throws `not_found`
 */
export async function deleteVrVideo(
  input: { userId: string; id: string },
  deps: { readonly db: Sql },
): Promise<void> {
  const { rowCount } = await deps.db.query(
    "DELETE FROM vr_videos v USING space_members m WHERE m.space_id = v.space_id AND m.user_id = $1 AND v.id = $2",
    [input.userId, input.id],
  );
  if (rowCount !== 1) throw errors.notFound();
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
