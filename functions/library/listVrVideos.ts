import { page } from "#shared/platform/http/content.ts";
import { decodeCursor, pageOf, pageQuery } from "#shared/platform/http/cursor.ts";
import { route } from "#shared/platform/http/route.ts";
import type { Sql } from "#shared/platform/sql/pool.ts";
import { type VrVideo, viewVrVideo, vrVideoSchema } from "./vrVideo.ts";
import { vrVideosOf } from "./vrVideoRows.ts";

/**
 * A page of the VR videos of this person's space, newest first.
 * @throws `invalid_request` for a cursor that isn't of a list
 */
export async function listVrVideos(
  input: { userId: string; limit: number; cursor?: string | undefined },
  deps: { readonly db: Sql },
): Promise<{ items: VrVideo[]; nextCursor: string | null }> {
  const { userId, limit, cursor } = input;
  const rows = await vrVideosOf(deps.db, userId, { limit, after: decodeCursor(cursor) });
  return pageOf(rows, limit, (row) => [row.created_at_text, row.id], viewVrVideo);
}

export const listVrVideosRoute = route(
  {
    operationId: "listVrVideos",
    access: "account",
    method: "get",
    path: "/v1/vr-videos",
    summary: "The space's VR videos, newest first",
    request: { query: pageQuery },
    responses: { 200: page(vrVideoSchema) },
    errors: [],
  },
  listVrVideos,
  async (c, perform) => c.json(await perform({ userId: c.var.account.userId, ...c.req.valid("query") }), 200),
);
