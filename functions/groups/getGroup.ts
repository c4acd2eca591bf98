import { errors } from "#shared/platform/errors.ts";
import { json } from "#shared/platform/http/content.ts";
import { route } from "#shared/platform/http/route.ts";
import type { Sql } from "#shared/platform/sql/pool.ts";
import { careGroupOf } from "#shared/spaces/membership.ts";
import { type Group, groupSchema, groupView } from "./group.ts";

/**
 * The care group the caller is in.
 * @throws `not_in_group`
 */
export async function getGroup(input: { userId: string }, deps: { readonly db: Sql }): Promise<Group> {
  const space = await careGroupOf(deps.db, input.userId);
  if (!space) throw errors.notInGroup("the caller is in no care group");
  return groupView(deps.db, space.spaceId);
}

export const getGroupRoute = route(
  {
    operationId: "getGroup",
    access: "account",
    method: "get",
    path: "/v1/group",
    summary: "The care group one is in",
    responses: { 200: json(groupSchema, "The group.") },
    errors: ["not_in_group"],
  },
  getGroup,
  async (c, perform) => c.json(await perform({ userId: c.var.account.userId }), 200),
);
