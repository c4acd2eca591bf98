import { errors } from "#shared/platform/errors.ts";
import { json, jsonBody } from "#shared/platform/http/content.ts";
import { route } from "#shared/platform/http/route.ts";
import type { Sql } from "#shared/platform/sql/pool.ts";
import { spaceOfCaller } from "#shared/spaces/spaceOfCaller.ts";
import { createdUploadSchema } from "#shared/uploads/createdUpload.ts";
import {
  type CreatedUpload,
  type CreateUpload,
  type CreateUploadDeps,
  createUpload,
  createUploadBody,
} from "#shared/uploads/createUpload.ts";

/**
 * Signs the URLs of one upload of the caller's space.
 * @throws `group_required`; `invalid_request` when no kind takes such a type, or nothing that large; `upload_budget_spent`
 */
export async function createUploadOfCaller(
  { userId, body }: { userId: string; body: CreateUpload },
  deps: CreateUploadDeps & { readonly sql: Sql },
): Promise<CreatedUpload> {
  const space = await spaceOfCaller(deps.sql, userId);
  if (!space) throw errors.groupRequired("join a care group first");
  return createUpload({ ...body, spaceId: space.spaceId, userId }, deps);
}

export const createUploadRoute = route(
  {
    operationId: "createUpload",
    access: "account",
    method: "post",
    path: "/v1/uploads",
    summary: "Sign the URL of one upload",
    request: { body: jsonBody(createUploadBody) },
    responses: { 201: json(createdUploadSchema, "Where and how to send the bytes.") },
    errors: ["group_required", "upload_budget_spent"],
  },
  createUploadOfCaller,
  async (c, perform) => {
    const created = await perform({ userId: c.var.account.userId, body: c.req.valid("json") });
    return c.json(created, 201, { location: `/v1/uploads/${created.id}` });
  },
);
