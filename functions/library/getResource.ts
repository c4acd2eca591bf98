import { errors } from "#shared/platform/errors.ts";
import { json } from "#shared/platform/http/content.ts";
import { idParam } from "#shared/platform/http/idParam.ts";
import { taggedHeaders } from "#shared/platform/http/ifMatch.ts";
import { route } from "#shared/platform/http/route.ts";
import type { Sql } from "#shared/platform/sql/pool.ts";
import { type Resource, resourceSchema, viewResource } from "./resource.ts";
import { visibleResource } from "./resourceRows.ts";
import type { FileSigner } from "./signedFiles.ts";

/**
 * One resource that this person may see, with URLs of all its files.
 * @throws `not_found`
 */
export async function getResource(
  input: { userId: string; id: string },
  deps: { readonly db: Sql; readonly signer: FileSigner },
): Promise<{ resource: Resource; version: string }> {
  const row = await visibleResource(deps.db, input.userId, input.id);
  if (!row) throw errors.notFound();
  return { resource: await viewResource(row, deps.signer), version: row.version };
}

export const getResourceRoute = route(
  {
    operationId: "getResource",
    access: "account",
    method: "get",
    path: "/v1/resources/{id}",
    summary: "One resource, with URLs to its files; its ETag is for PATCH",
    request: { params: idParam },
    responses: { 200: json(resourceSchema, "The resource.") },
    errors: ["not_found"],
  },
  getResource,
  async (c, perform) => {
    const { resource, version } = await perform({ userId: c.var.account.userId, ...c.req.valid("param") });
    return c.json(resource, 200, taggedHeaders(version));
  },
);
