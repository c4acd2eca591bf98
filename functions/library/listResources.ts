import { z } from "@hono/zod-openapi";
import { page } from "#shared/platform/http/content.ts";
import { decodeCursor, emptyIsAbsent, pageOf, pageQuery } from "#shared/platform/http/cursor.ts";
import { route } from "#shared/platform/http/route.ts";
import type { Sql } from "#shared/platform/sql/pool.ts";
import { searchedWordsOf } from "#shared/results/titleWords.ts";
import { noSpace, requireSpace } from "#shared/spaces/membership.ts";
import { spaceQuery } from "#shared/spaces/spaceParameter.ts";
import { type ListedResource, listedResourceSchema, viewListedResource } from "./resource.ts";
import { foundResources, resourcesIn } from "./resourceRows.ts";
import type { FileSigner } from "./signedFiles.ts";

/**
 * A page of the resources of one space of this person's and of the samples, newest first; with a search, those in whose
 * titles each word of it begins a word. URLs are signed for posters only.
 * @throws `invalid_request` for a cursor that isn't of a list; `not_found` for a space that they aren't in
 */
export async function listResources(
  input: {
    userId: string;
    spaceId?: string | undefined;
    limit: number;
    cursor?: string | undefined;
    kind?: string | undefined;
    q?: string | undefined;
  },
  deps: { readonly db: Sql; readonly signer: FileSigner },
): Promise<{ items: ListedResource[]; nextCursor: string | null }> {
  const { limit, cursor, kind, q } = input;
  const page = { limit, after: decodeCursor(cursor), kind };
  const words = q === undefined ? undefined : searchedWordsOf(q);
  if (words?.length === 0) {
    await requireSpace(deps.db, input);
    return { items: [], nextCursor: null }; // only signs, which begin no word
  }
  const rows = words
    ? await foundResources(deps.db, input, words, page)
    : await resourcesIn(deps.db, input, page);
  if (!rows) throw noSpace(input);
  const { items, nextCursor } = pageOf(
    rows,
    limit,
    (row) => [row.completed_at_text, row.id],
    (row) => viewListedResource(row, deps.signer),
  );
  return { items: await Promise.all(items), nextCursor };
}

export const listResourcesRoute = route(
  {
    operationId: "listResources",
    access: "account",
    method: "get",
    path: "/v1/resources",
    summary: "A space's resources and the samples, newest first",
    request: {
      query: pageQuery.extend({
        ...spaceQuery,
        kind: emptyIsAbsent(
          z
            .string()
            .regex(/^[\w-]{1,64}$/)
            .optional(),
        ),
        q: emptyIsAbsent(z.string().max(200).optional()).describe(
          "Words of the title, or their beginnings; case and accents don't count.",
        ),
      }),
    },
    responses: { 200: page(listedResourceSchema) },
    errors: ["not_found"],
  },
  listResources,
  async (c, perform) => c.json(await perform({ userId: c.var.account.userId, ...c.req.valid("query") }), 200),
);
