import { errors } from "#shared/platform/errors.ts";
import { json } from "#shared/platform/http/content.ts";
import { idParam } from "#shared/platform/http/idParam.ts";
import { route } from "#shared/platform/http/route.ts";
import type { Sql } from "#shared/platform/sql/pool.ts";
import { type VrVideo, viewVrVideo, vrVideoSchema } from "./vrVideo.ts";
import { vrVideoOf } from "./vrVideoRows.ts";

/**
 * One VR video of this person's space.
 * @throws `not_found`
 */
export async function getVrVideo(
  input: { userId: string; id: string },
  deps: { readonly db: Sql },
): Promise<VrVideo> {
  const row = await vrVideoOf(deps.db, input.userId, input.id);
  if (!row) throw errors.notFound();
  return viewVrVideo(row);
}

export const getVrVideoRoute = route(
  {
    operationId: "getVrVideo",
    access: "account",
    method: "get",
    path: "/v1/vr-videos/{id}",
    summary: "One VR video",
    request: { params: idParam },
    responses: { 200: json(vrVideoSchema, "The VR video.") },
    errors: ["not_found"],
  },
  getVrVideo,
  async (c, perform) => c.json(await perform({ userId: c.var.account.userId, ...c.req.valid("param") }), 200),
);
