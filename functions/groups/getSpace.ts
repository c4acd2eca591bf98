import { errors } from "#shared/platform/errors.ts";
import { json } from "#shared/platform/http/content.ts";
import { idParam } from "#shared/platform/http/idParam.ts";
import { route } from "#shared/platform/http/route.ts";
import type { Sql } from "#shared/platform/sql/pool.ts";
import { type Space, spaceSchema, spacesOf } from "./space.ts";

/**
 * One space of the caller's.
 * @throws `not_found`, whether it isn't there or the caller isn't in it
 */
export async function getSpace(
  input: { userId: string; id: string },
  deps: { readonly db: Sql },
): Promise<Space> {
  const [space] = await spacesOf(deps.db, input.userId, input.id);
  if (!space) throw errors.notFound();
  return space;
}

export const getSpaceRoute = route(
  {
    operationId: "getSpace",
    access: "account",
    method: "get",
    path: "/v1/spaces/{id}",
    summary: "One space",
    request: { params: idParam },
    responses: { 200: json(spaceSchema, "The space.") },
    errors: ["not_found"],
  },
  getSpace,
  async (c, perform) => c.json(await perform({ userId: c.var.account.userId, ...c.req.valid("param") }), 200),
);
