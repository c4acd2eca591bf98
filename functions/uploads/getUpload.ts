import type { Firestore } from "@google-cloud/firestore";
import { z } from "@hono/zod-openapi";
import { reasonIn } from "#shared/kinds/failures.ts";
import { errors } from "#shared/platform/errors.ts";
import { json } from "#shared/platform/http/content.ts";
import { idParam } from "#shared/platform/http/idParam.ts";
import { languageHeader, languageOf } from "#shared/platform/http/language.ts";
import { route } from "#shared/platform/http/route.ts";
import type { Language } from "#shared/platform/language.ts";
import type { Sql } from "#shared/platform/sql/pool.ts";
import { requireMember } from "#shared/spaces/membership.ts";
import { urlExpiryOf } from "#shared/uploads/createUpload.ts";
import { uploadsOf } from "#shared/uploads/uploadDocument.ts";

const uploadState = z
  .object({
    state: z.enum(["pending", "received", "rejected"]),
    reason: z
      .object({
        code: z.string(),
        message: z.string().describe("What happened and what helps, in the language of Accept-Language."),
      })
      .optional(),
    expiresAt: z.iso.datetime().describe("Until when the bytes can come and the URLs can be renewed."),
    urlExpiresAt: z.iso.datetime().describe("Until when the URLs that were signed last can be used."),
  })
  .openapi("UploadState");

/**
 * What became of an upload of a space of the caller's.
 * @throws `not_found`
 */
export async function getUpload(
  { userId, language, id }: { userId: string; language: Language; id: string },
  deps: { readonly sql: Sql; readonly firestore: Firestore },
): Promise<z.infer<typeof uploadState>> {
  const upload = (await uploadsOf(deps.firestore).doc(id).get()).data();
  if (!upload) throw errors.notFound();
  await requireMember(deps.sql, { userId, spaceId: upload.spaceId });
  const { state, reason, expiresAt } = upload;
  return {
    state,
    ...(reason ? { reason: reasonIn(language, reason) } : {}),
    expiresAt: expiresAt.toISOString(),
    urlExpiresAt: urlExpiryOf(upload).toISOString(),
  };
}

export const getUploadRoute = route(
  {
    operationId: "getUpload",
    access: "account",
    method: "get",
    path: "/v1/uploads/{id}",
    summary: "What became of an upload",
    request: { params: idParam, headers: languageHeader },
    responses: { 200: json(uploadState, "Its state.") },
    errors: ["not_found"],
  },
  getUpload,
  async (c, perform) =>
    c.json(
      await perform({ userId: c.var.account.userId, language: languageOf(c), ...c.req.valid("param") }),
      200,
    ),
);
