import { page } from "#shared/platform/http/content.ts";
import { decodeCursor, pageOf, pageQuery } from "#shared/platform/http/cursor.ts";
import { route } from "#shared/platform/http/route.ts";
import type { Sql } from "#shared/platform/sql/pool.ts";
import { requireSpace } from "#shared/spaces/membership.ts";
import { spaceQuery } from "#shared/spaces/spaceParameter.ts";
import { type VrVideo, viewVrVideo, vrVideoSchema } from "./vrVideo.ts";
import { vrVideosIn } from "./vrVideoRows.ts";

/**
 * A page of the VR videos of one space of this person's, newest first.
 * @throws `invalid_request` for a cursor that isn't of a list; `not_found` for a space that they aren't in
 */
export async function listVrVideos(
  input: { userId: string; spaceId?: string | undefined; limit: number; cursor?: string | undefined },
  deps: { readonly db: Sql },
): Promise<{ items: VrVideo[]; nextCursor: string | null }> {
  const { limit, cursor } = input;
  const after = decodeCursor(cursor);
  const { spaceId } = await requireSpace(deps.db, input);
  const rows = await vrVideosIn(deps.db, spaceId, { limit, after });
  return pageOf(rows, limit, (row) => [row.created_at_text, row.id], viewVrVideo);
}

export const listVrVideosRoute = route(
  {
    operationId: "listVrVideos",
    access: "account",
    method: "get",
    path: "/v1/vr-videos",
    summary: "A space's VR videos, newest first",
    request: { query: pageQuery.extend(spaceQuery) },
    responses: { 200: page(vrVideoSchema) },
    errors: ["not_found"],
  },
  listVrVideos,
  async (c, perform) => c.json(await perform({ userId: c.var.account.userId, ...c.req.valid("query") }), 200),
);
