import { json, jsonBody } from "#shared/platform/http/content.ts";
import { route } from "#shared/platform/http/route.ts";
import type { Sql } from "#shared/platform/sql/pool.ts";
import { requireSpace } from "#shared/spaces/membership.ts";
import { spaceField } from "#shared/spaces/spaceParameter.ts";
import { createdUploadSchema } from "#shared/uploads/createdUpload.ts";
import {
  type CreatedUpload,
  type CreateUpload,
  type CreateUploadDeps,
  createUpload,
  createUploadBody,
} from "#shared/uploads/createUpload.ts";

const createUploadOfCallerBody = createUploadBody.extend(spaceField);

/**
 * Signs the URLs of one upload of a space of the caller's.
 * @throws `not_found` for a space that the caller isn't in; `forbidden`; `invalid_request` when no kind takes such a type, or nothing that large; `upload_budget_spent`
 */
export async function createUploadOfCaller(
  { userId, body }: { userId: string; body: CreateUpload & { spaceId?: string | undefined } },
  deps: CreateUploadDeps & { readonly sql: Sql },
): Promise<CreatedUpload> {
  const { spaceId } = await requireSpace(deps.sql, { userId, spaceId: body.spaceId }, "submit");
  return createUpload({ ...body, spaceId, userId }, deps);
}

export const createUploadRoute = route(
  {
    operationId: "createUpload",
    access: "account",
    method: "post",
    path: "/v1/uploads",
    summary: "Sign the URL of one upload",
    request: { body: jsonBody(createUploadOfCallerBody) },
    responses: { 201: json(createdUploadSchema, "Where and how to send the bytes.") },
    errors: ["not_found", "forbidden", "upload_budget_spent"],
  },
  createUploadOfCaller,
  async (c, perform) => {
    const created = await perform({ userId: c.var.account.userId, body: c.req.valid("json") });
    return c.json(created, 201, { location: `/v1/uploads/${created.id}` });
  },
);
