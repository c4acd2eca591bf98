/** Uploads through the JSON API: in one request with metadata beside the bytes, or resumable. */
import { type Caller, needToCreate } from "./access.ts";
import type { Expected } from "./checksums.ts";
import { queryConditions } from "./conditions.ts";
import type { ApiDeps } from "./deps.ts";
import { body, type Exchange, header, jsonBody, sendEmpty, sendJson } from "./exchange.ts";
import { invalidArgument, methodNotAllowed, notImplemented } from "./failure.ts";
import { readMultipart } from "./multipart.ts";
import { fieldsOf, type ObjectInput, objectInput, objectResource } from "./object.ts";
import type { Target } from "./objectStorage.ts";
import { cancelSession, continueSession } from "./sessionRequests.ts";
import { expectedFromHeaders } from "./uploadHeaders.ts";

/**
 * Answers a request to `/upload/storage/v1/b/{bucket}/o`.
 * @param caller undefined for one that continues a session
 * @throws StorageError
 */
export async function jsonUpload(
  exchange: Exchange,
  bucket: string,
  deps: ApiDeps,
  caller: Caller | undefined,
): Promise<void> {
  const { method, query } = exchange;
  const session = query.get("upload_id");
  if (session !== null || caller === undefined) {
    if (session === null) throw methodNotAllowed();
    if (method === "DELETE") return cancelSession(session, deps.resumable);
    // Some of Google's clients send pieces with POST.
    if (method !== "PUT" && method !== "POST") throw methodNotAllowed();
    const completed = await continueSession(exchange, session, deps.resumable);
    if (completed !== undefined) sendJson(exchange, 200, completed.resource);
    return;
  }
  if (method !== "POST") throw methodNotAllowed();
  switch (query.get("uploadType")) {
    case "resumable":
      return start(exchange, bucket, deps, caller);
    case "multipart":
      return multipart(exchange, bucket, deps, caller);
    case "media":
      throw notImplemented("uploadType=media");
    default:
      throw invalidArgument("uploadType must be media, multipart or resumable.");
  }
}

async function multipart(
  exchange: Exchange,
  bucket: string,
  { storage }: ApiDeps,
  caller: Caller,
): Promise<void> {
  const parts = await readMultipart(header(exchange, "content-type"), body(exchange));
  const input = objectInput(parts.metadata);
  const contentType = input.contentType ?? parts.mediaType;
  const target = targetOf(exchange, bucket, {
    ...input,
    ...(contentType === undefined ? {} : { contentType }),
  });
  const expected = { ...expectedFromHeaders(exchange), ...announced(input) };
  needToCreate(caller, target, storage);
  const object = await storage.upload(target, parts.media, expected);
  sendJson(exchange, 200, objectResource(object, storage.deps.baseUrl));
}

async function start(
  exchange: Exchange,
  bucket: string,
  { resumable, storage }: ApiDeps,
  caller: Caller,
): Promise<void> {
  const input = objectInput(await jsonBody(exchange));
  const contentType = input.contentType ?? header(exchange, "x-upload-content-type");
  const target = targetOf(exchange, bucket, {
    ...input,
    ...(contentType === undefined ? {} : { contentType }),
  });
  const length = header(exchange, "x-upload-content-length");
  if (length !== undefined && !/^\d{1,15}$/.test(length)) {
    throw invalidArgument(`Invalid X-Upload-Content-Length: '${length}'`);
  }
  const expected = { ...expectedFromHeaders(exchange), ...announced(input) };
  needToCreate(caller, target, storage);
  const id = resumable.start(target, expected, length === undefined ? undefined : Number(length));
  const location = `${exchange.origin}/upload/storage/v1/b/${encodeURIComponent(bucket)}/o?uploadType=resumable&name=${encodeURIComponent(target.name)}&upload_id=${id}`;
  sendEmpty(exchange, 200, { location, "x-guploader-uploadid": id });
}

function targetOf(exchange: Exchange, bucket: string, input: ObjectInput): Target {
  const { query } = exchange;
  const name = query.get("name") ?? input.name;
  if (!name) throw invalidArgument("Required object name.");
  const contentEncoding = query.get("contentEncoding");
  const fields = fieldsOf(contentEncoding === null ? input : { ...input, contentEncoding });
  return { bucket, name, fields, conditions: queryConditions(query) };
}

/** Checksums that the metadata names are checked against what arrives. */
function announced({ crc32c, md5Hash }: ObjectInput): Expected {
  return { ...(crc32c ? { crc32c } : {}), ...(md5Hash ? { md5: md5Hash } : {}) };
}
