import { errors } from "#shared/platform/errors.ts";
import { json } from "#shared/platform/http/content.ts";
import { idParam } from "#shared/platform/http/idParam.ts";
import { taggedHeaders } from "#shared/platform/http/ifMatch.ts";
import { route } from "#shared/platform/http/route.ts";
import type { Sql } from "#shared/platform/sql/pool.ts";
import { visibleOf } from "./resourceRows.ts";
import type { FileSigner } from "./signedFiles.ts";
import { type ViewableVrVideo, viewableVrVideoSchema, viewWithResources } from "./vrVideo.ts";
import { vrVideoOf } from "./vrVideoRows.ts";

/**
 * One VR video of this person's space, with all that a viewer needs: where everything stands, and URLs of all files.
 * @throws `not_found`
 */
export async function getVrVideo(
  input: { userId: string; id: string },
  deps: { readonly db: Sql; readonly signer: FileSigner },
): Promise<{ video: ViewableVrVideo; version: string }> {
  const row = await vrVideoOf(deps.db, input.userId, input.id);
  if (!row) throw errors.notFound();
  const ids = [...new Set([row.scene_id, ...row.avatars.map(({ resourceId }) => resourceId)])];
  const video = await viewWithResources(row, await visibleOf(deps.db, input.userId, ids), deps.signer);
  if (!video) throw errors.notFound();
  return { video, version: row.version };
}

export const getVrVideoRoute = route(
  {
    operationId: "getVrVideo",
    access: "account",
    method: "get",
    path: "/v1/vr-videos/{id}",
    summary: "One VR video, with everything a viewer needs; its ETag is for PATCH",
    request: { params: idParam },
    responses: { 200: json(viewableVrVideoSchema, "The VR video.") },
    errors: ["not_found"],
  },
  getVrVideo,
  async (c, perform) => {
    const { video, version } = await perform({ userId: c.var.account.userId, ...c.req.valid("param") });
    return c.json(video, 200, taggedHeaders(version));
  },
);
