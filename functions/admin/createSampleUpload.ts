import { json, jsonBody } from "#shared/platform/http/content.ts";
import { route } from "#shared/platform/http/route.ts";
import { SAMPLES_SPACE } from "#shared/results/resultDocument.ts";
import { createdUploadSchema } from "#shared/uploads/createdUpload.ts";
import {
  type CreatedUpload,
  type CreateUpload,
  type CreateUploadDeps,
  createUpload,
  createUploadBody,
} from "#shared/uploads/createUpload.ts";

/**
 * Signs the URLs of one upload for a sample.
 * @throws `invalid_request` when no kind takes such a type, or nothing that large
 */
export function createSampleUpload(
  { administrator, body }: { administrator: string; body: CreateUpload },
  { upload }: { readonly upload: CreateUploadDeps },
): Promise<CreatedUpload> {
  return createUpload({ ...body, spaceId: SAMPLES_SPACE, userId: administrator }, upload);
}

export const createSampleUploadRoute = route(
  {
    operationId: "createSampleUpload",
    access: "admin",
    method: "post",
    path: "/v1/admin/uploads",
    summary: "Sign the URL of one upload for a sample",
    request: { body: jsonBody(createUploadBody) },
    responses: { 201: json(createdUploadSchema, "Where and how to send the bytes.") },
    errors: [],
  },
  createSampleUpload,
  async (c, perform) =>
    c.json(await perform({ administrator: c.var.service.subject, body: c.req.valid("json") }), 201),
);
