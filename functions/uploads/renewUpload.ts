import type { Firestore, Transaction } from "@google-cloud/firestore";
import { type Clock, plusSeconds } from "#shared/platform/clock.ts";
import { errors } from "#shared/platform/errors.ts";
import { retryConflicts } from "#shared/platform/firestore/retryConflicts.ts";
import { json } from "#shared/platform/http/content.ts";
import { idParam } from "#shared/platform/http/idParam.ts";
import { route } from "#shared/platform/http/route.ts";
import type { Sql } from "#shared/platform/sql/pool.ts";
import type { UrlSigner } from "#shared/platform/storage/urlSigner.ts";
import { requireMember } from "#shared/spaces/membership.ts";
import { createdUploadSchema } from "#shared/uploads/createdUpload.ts";
import { type CreatedUpload, signUpload, UPLOAD_URL_SECONDS } from "#shared/uploads/createUpload.ts";
import { type Upload, uploadsOf } from "#shared/uploads/uploadDocument.ts";

interface RenewUploadDeps {
  readonly sql: Sql;
  readonly firestore: Firestore;
  readonly objects: UrlSigner;
  readonly clock: Clock;
}

/**
 * Signs the URLs of a pending upload again, for fifteen minutes and not beyond the upload's own end. URLs that were signed before stay
 * good until their own end; all of them create the same object, once. It may be repeated.
 * @throws `not_found` when no space of the caller's has such an upload; `forbidden`; `upload_over` when the upload is not pending
 */
export async function renewUpload(
  { id, userId }: { id: string; userId: string },
  { sql, firestore, objects, clock }: RenewUploadDeps,
): Promise<CreatedUpload> {
  const now = clock();
  const document = uploadsOf(firestore).doc(id);
  // An upload never changes its space, so the check holds for what follows.
  const spaceId = (await document.get()).data()?.spaceId;
  if (spaceId === undefined) throw errors.notFound();
  await requireMember(sql, { userId, spaceId }, "submit");
  const renew = async (transaction: Transaction) => {
    const upload = (await transaction.get(document)).data();
    if (!upload) throw errors.notFound();
    requireOpen(upload, now);
    const urlExpiresAt = new Date(Math.min(+plusSeconds(now, UPLOAD_URL_SECONDS), +upload.expiresAt));
    transaction.update(document, { urlExpiresAt });
    return { upload, urlExpiresAt };
  };
  const { upload, urlExpiresAt } = await retryConflicts(() => firestore.runTransaction(renew));
  return { id, ...(await signUpload(upload, urlExpiresAt, objects)) };
}

export const renewUploadRoute = route(
  {
    operationId: "renewUpload",
    access: "account",
    method: "post",
    path: "/v1/uploads/{id}/renew",
    summary: "Sign new URLs for an upload whose bytes have not arrived",
    description:
      "What was announced stays: size, type, object, checksum. A resumable session that was started goes on with its own URL and needs no " +
      "renewal. 409 `upload_over` when the bytes have arrived, were rejected, or the upload's time is over.",
    request: { params: idParam },
    responses: { 200: json(createdUploadSchema, "New URLs, as at first.") },
    errors: ["not_found", "forbidden", "upload_over"],
  },
  renewUpload,
  async (c, perform) => c.json(await perform({ userId: c.var.account.userId, ...c.req.valid("param") }), 200),
);

function requireOpen({ state, expiresAt, source }: Upload, now: Date): void {
  if (state === "received") throw errors.uploadOver("the bytes have arrived; nothing more is to be sent");
  if (state === "rejected") throw errors.uploadOver("what arrived was rejected; make a new upload");
  if (expiresAt <= now) throw errors.uploadOver("the upload's time is over; make a new upload");
  if (source) throw errors.uploadOver("it is fetched from a URL; nothing is to be sent");
}
