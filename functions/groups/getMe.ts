import { json } from "#shared/platform/http/content.ts";
import { route } from "#shared/platform/http/route.ts";
import type { Sql } from "#shared/platform/sql/pool.ts";
import { personOf } from "#shared/spaces/person.ts";
import { type Me, meSchema, viewMe } from "./me.ts";

/**
 * The caller's own profile.
 * @throws `token_invalid` when the account was erased
 */
export async function getMe(input: { userId: string }, deps: { readonly db: Sql }): Promise<Me> {
  return viewMe(await personOf(deps.db, input.userId));
}

export const getMeRoute = route(
  {
    operationId: "getMe",
    access: "account",
    method: "get",
    path: "/v1/me",
    summary: "One's own profile",
    responses: { 200: json(meSchema, "The profile.") },
    errors: [],
  },
  getMe,
  async (c, perform) => c.json(await perform({ userId: c.var.account.userId }), 200),
);
