import { z } from "@hono/zod-openapi";
import { json } from "#shared/platform/http/content.ts";
import { route } from "#shared/platform/http/route.ts";
import type { Sql } from "#shared/platform/sql/pool.ts";
import { type Space, spaceSchema, spacesOf } from "./space.ts";

/** The spaces that the caller is in: as many as one may be in, so they are one answer. */
export async function listSpaces(
  input: { userId: string },
  deps: { readonly db: Sql },
): Promise<{ items: Space[] }> {
  return { items: await spacesOf(deps.db, input.userId) };
}

export const listSpacesRoute = route(
  {
    operationId: "listSpaces",
    access: "account",
    method: "get",
    path: "/v1/spaces",
    summary: "The spaces one is in",
    description:
      "Everyone has a personal space, and is in one care group at most. What is uploaded, submitted or listed belongs to one space: the one that `spaceId` names, or else the care group, or else the personal space.",
    responses: { 200: json(z.object({ items: z.array(spaceSchema) }), "In the order in which one joined.") },
    errors: [],
  },
  listSpaces,
  async (c, perform) => c.json(await perform({ userId: c.var.account.userId }), 200),
);
