import { z } from "@hono/zod-openapi";
import { type ChangingDeps, changing } from "#shared/changes/changing.ts";
import { errors } from "#shared/platform/errors.ts";
import { json, jsonBody } from "#shared/platform/http/content.ts";
import { idParam } from "#shared/platform/http/idParam.ts";
import { ifMatchHeader, readIfMatch, taggedHeaders } from "#shared/platform/http/ifMatch.ts";
import { route } from "#shared/platform/http/route.ts";
import { titleSchema } from "#shared/platform/http/title.ts";
import type { NewId } from "#shared/platform/ids.ts";
import type { Sql } from "#shared/platform/sql/pool.ts";
import { putTitleWords } from "#shared/results/resultRows.ts";
import { requireMember } from "#shared/spaces/membership.ts";
import { type Resource, resourceSchema, viewResource } from "./resource.ts";
import { renameIf, visibleResource } from "./resourceRows.ts";
import type { FileSigner } from "./signedFiles.ts";

/**
 * Gives a resource of a space of this person's another title, which stays when the result behind it changes.
 * @param input.ifMatch the request's header
 * @throws `precondition_required`, `invalid_request` for the header; `not_found`; `forbidden` for a sample, and for a role that may not; `changed_meanwhile`
 */
export async function renameResource(
  input: { userId: string; id: string; ifMatch: string | undefined; title: string },
  deps: ChangingDeps & { readonly signer: FileSigner; readonly newId: NewId },
): Promise<{ resource: Resource; version: string }> {
  const { userId, id, title } = input;
  const precondition = readIfMatch(input.ifMatch);
  const row = await changing(deps, async (sql, changes) => {
    const spaceId = await changeableSpace(sql, userId, id);
    const changed = await renameIf(sql, { id, title, version: deps.newId(), precondition });
    const found = await visibleResource(sql, userId, id);
    if (!found) throw errors.notFound();
    if (!changed) throw errors.changedMeanwhile();
    await putTitleWords(sql, id, title);
    changes.push({ spaceId, type: "resource", id, op: "put" });
    return found;
  });
  return { resource: await viewResource(row, deps.signer), version: row.version };
}

export const renameResourceRoute = route(
  {
    operationId: "renameResource",
    access: "account",
    method: "patch",
    path: "/v1/resources/{id}",
    summary: "Give a resource another title",
    request: {
      params: idParam,
      headers: ifMatchHeader,
      body: jsonBody(z.strictObject({ title: titleSchema })),
    },
    responses: { 200: json(resourceSchema, "The resource as it is now, with its new ETag.") },
    errors: ["not_found", "forbidden", "changed_meanwhile", "precondition_required"],
  },
  renameResource,
  async (c, perform) => {
    const ifMatch = c.req.valid("header")["if-match"];
    const { resource, version } = await perform({
      userId: c.var.account.userId,
      ifMatch,
      ...c.req.valid("param"),
      ...c.req.valid("json"),
    });
    return c.json(resource, 200, taggedHeaders(version));
  },
);

/** The space of a resource that this person may change. */
async function changeableSpace(sql: Sql, userId: string, id: string): Promise<string> {
  const found = await visibleResource(sql, userId, id);
  if (!found) throw errors.notFound();
  if (found.space_id === null) throw errors.forbidden("a sample belongs to everyone");
  await requireMember(sql, { userId, spaceId: found.space_id }, "submit");
  return found.space_id;
}
