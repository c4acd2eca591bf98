import { z } from "zod";
import type { Kinds } from "../kinds/index.ts";
import { plusSeconds } from "../platform/clock.ts";
import { errors } from "../platform/errors.ts";
import type { NewId } from "../platform/ids.ts";
import { contentTypeSchema } from "../platform/media/contentType.ts";
import { essence } from "../platform/media/mediaTypes.ts";
import type { SignedRequest, UrlSigner } from "../platform/storage/urlSigner.ts";
import { requestTrace } from "../platform/trace.ts";
import { largestDeclared } from "./acceptance.ts";
import { type StoreUploadDeps, storeUpload } from "./storeUpload.ts";
import type { Upload } from "./uploadDocument.ts";
import { uploadObject } from "./uploadObject.ts";

/** How long the signed URLs are valid; renewing gives new ones. A resumable session that was started in time continues for a week. */
export const UPLOAD_URL_SECONDS = 900;

export const createUploadBody = z.strictObject({
  contentType: contentTypeSchema,
  /** Bytes. */
  size: z.number().int().min(1),
  /** The file's own name, to be shown; never part of a path. */
  name: z
    .string()
    .min(1)
    .max(255)
    .refine(
      (text) => text.isWellFormed() && !/\p{Cc}/u.test(text),
      "expected text without control characters",
    )
    .optional(),
  crc32c: z
    .string()
    .regex(/^[A-Za-z0-9+/]{5}[AQgw]==$/, "expected base64 of a big-endian CRC32C")
    .optional(),
});
export type CreateUpload = z.infer<typeof createUploadBody>;

export interface CreateUploadDeps extends StoreUploadDeps {
  readonly objects: UrlSigner;
  readonly kinds: Kinds;
  readonly newId: NewId;
}

export interface CreatedUpload {
  readonly id: string;
  readonly method: "PUT" | "POST";
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly expiresAt: string;
  readonly resumable: { readonly url: string; readonly headers: Readonly<Record<string, string>> };
}

/**
 * Allows one object to be created: this size, this type, create-only, for fifteen minutes (in one PUT, or through a resumable
 * session started within that time). The document is written before the URL is sent, so each object that arrives belongs to an
 * upload.
 * @throws `invalid_request` when no kind accepts the type, or none accepts that size; `upload_budget_spent` with what is left
 */
export async function createUpload(
  input: CreateUpload & { spaceId: string; userId: string },
  deps: CreateUploadDeps,
): Promise<CreatedUpload> {
  const limit = largestDeclared(deps.kinds, input.contentType);
  if (limit === 0) refuse("contentType", "no kind of job takes this type");
  if (input.size > limit) refuse("size", `at most ${limit} bytes for this type`);

  const now = deps.clock();
  const id = deps.newId();
  const urlExpiresAt = plusSeconds(now, UPLOAD_URL_SECONDS);
  const declared = {
    object: uploadObject(input.spaceId, id),
    contentType: essence(input.contentType),
    size: input.size,
    crc32c: input.crc32c ?? null,
  };
  const created = { id, ...(await signUpload(declared, urlExpiresAt, deps.objects)) };
  const upload: Upload = {
    spaceId: input.spaceId,
    createdBy: input.userId,
    trace: requestTrace(),
    ...declared,
    name: input.name ?? null,
    state: "pending",
    reason: null,
    received: null,
    createdAt: now,
    expiresAt: plusSeconds(now, deps.retentionDays * 86_400),
    urlExpiresAt,
  };
  await storeUpload(id, upload, deps);
  return created;
}

/**
 * Signs the URLs of one upload: for one PUT, and to start a resumable session.
 * @param urlExpiresAt until when they can be used
 */
export async function signUpload(
  { object, contentType, size, crc32c }: Pick<Upload, "object" | "contentType" | "size" | "crc32c">,
  urlExpiresAt: Date,
  objects: UrlSigner,
): Promise<Omit<CreatedUpload, "id">> {
  const declared = { contentType, size, crc32c: crc32c ?? undefined };
  const [single, resumable] = await Promise.all([
    objects.signCreate(object, declared, urlExpiresAt),
    objects.signResumable(object, declared, urlExpiresAt),
  ]);
  return {
    ...publicRequest(single),
    expiresAt: urlExpiresAt.toISOString(),
    resumable: withoutMethod(resumable),
  };
}

/** Until when the URLs of an upload that were signed last can be used. */
export function urlExpiryOf({ urlExpiresAt, createdAt }: Pick<Upload, "urlExpiresAt" | "createdAt">): Date {
  return urlExpiresAt ?? plusSeconds(createdAt, UPLOAD_URL_SECONDS);
}

function refuse(path: string, message: string): never {
  throw errors.invalidRequest(`${path}: ${message}`, { issues: [{ path, message }] });
}

function publicRequest({ method, url, headers }: SignedRequest) {
  return { method, url, headers };
}

function withoutMethod({ url, headers }: SignedRequest) {
  return { url, headers };
}
