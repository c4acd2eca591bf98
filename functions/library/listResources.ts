import { z } from "@hono/zod-openapi";
import { page } from "#shared/platform/http/content.ts";
import { decodeCursor, emptyIsAbsent, pageOf, pageQuery } from "#shared/platform/http/cursor.ts";
import { route } from "#shared/platform/http/route.ts";
import type { Sql } from "#shared/platform/sql/pool.ts";
import { type Resource, resourceSchema, viewResource } from "./resource.ts";
import { visibleResources } from "./resourceRows.ts";
import type { FileSigner } from "./signedFiles.ts";

/**
 * A page of the resources that this person may see: their space's and the samples, newest first.
 * @throws `invalid_request` for a cursor that isn't of a list
 */
export async function listResources(
  input: { userId: string; limit: number; cursor?: string | undefined; kind?: string | undefined },
  deps: { readonly db: Sql; readonly signer: FileSigner },
): Promise<{ items: Resource[]; nextCursor: string | null }> {
  const { userId, limit, cursor, kind } = input;
  const rows = await visibleResources(deps.db, userId, { limit, after: decodeCursor(cursor), kind });
  const { items, nextCursor } = pageOf(
    rows,
    limit,
    (row) => [row.completed_at_text, row.id],
    (row) => viewResource(row, deps.signer),
  );
  return { items: await Promise.all(items), nextCursor };
}

export const listResourcesRoute = route(
  {
    operationId: "listResources",
    access: "account",
    method: "get",
    path: "/v1/resources",
    summary: "The space's resources and the samples, newest first",
    request: {
      query: pageQuery.extend({
        kind: emptyIsAbsent(
          z
            .string()
            .regex(/^[\w-]{1,64}$/)
            .optional(),
        ),
      }),
    },
    responses: { 200: page(resourceSchema) },
    errors: [],
  },
  listResources,
  async (c, perform) => c.json(await perform({ userId: c.var.account.userId, ...c.req.valid("query") }), 200),
);
