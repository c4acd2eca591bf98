/** The XML API (https://cloud.google.com/storage/docs/xml-api/overview), as far as signed URLs use it. */
import { type Caller, callerNamed, needToCreate } from "./access.ts";
import { verifySize } from "./checksums.ts";
import { checkConditions, generationOf, headerConditions } from "./conditions.ts";
import type { XmlDeps } from "./deps.ts";
import { download, objectHeaders } from "./download.ts";
import { body, decodePath, type Exchange, header, headerText, sendEmpty } from "./exchange.ts";
import {
  accessDenied,
  invalidArgument,
  methodNotAllowed,
  missingContentLength,
  notImplemented,
} from "./failure.ts";
import { checkBucketName } from "./names.ts";
import { cancelSession, continueSession } from "./sessionRequests.ts";
import { isSigned, verifySignature } from "./signature.ts";
import { contentLength, expectedFromHeaders, fieldsFromHeaders } from "./uploadHeaders.ts";

interface XmlTarget {
  readonly bucket: string;
  readonly name: string;
}

/** Answers one request. @throws StorageError */
export async function xmlApi(exchange: Exchange, deps: XmlDeps): Promise<void> {
  const { method, rawPath, query } = exchange;
  const [, rawBucket = "", rawName = ""] = /^\/([^/]*)(?:\/(.*))?$/s.exec(rawPath) ?? [];
  const target = { bucket: decodePath(rawBucket), name: decodePath(rawName) };
  const session = query.get("upload_id");
  if (session !== null && (method === "PUT" || method === "DELETE")) {
    // The session's id is the permission: its start had to be signed.
    return toSession(exchange, session, deps);
  }
  const caller = callerNamed(await authorize(exchange, deps), deps.access);
  checkBucketName(target.bucket);
  if (target.name === "") throw notImplemented("Requests to buckets are not supported.");
  switch (method) {
    case "GET":
    case "HEAD":
      return get(exchange, target, deps, caller);
    case "PUT":
      return put(exchange, target, deps, caller);
    case "POST":
      return startResumable(exchange, target, deps, caller);
    case "DELETE":
      throw notImplemented("Objects are deleted by the JSON API.");
    default:
      throw methodNotAllowed();
  }
}

/** @returns the account that signed: a signed URL allows what its signer may do at the time it is used */
async function authorize({ request, method, rawPath, rawQuery }: Exchange, deps: XmlDeps): Promise<string> {
  if (!isSigned(rawQuery)) {
    const permission = `storage.objects.${method === "PUT" || method === "POST" ? "create" : method === "DELETE" ? "delete" : "get"}`;
    throw accessDenied(
      `Anonymous caller does not have ${permission} access to the Google Cloud Storage object. Permission '${permission}' denied on resource (or it may not exist).`,
    );
  }
  const headers = new Map<string, readonly string[]>();
  for (const [name, values] of Object.entries(request.headersDistinct)) {
    headers.set(
      name,
      (values ?? []).map((value) => Buffer.from(value, "latin1").toString("utf8")),
    );
  }
  return verifySignature({ method, rawPath, rawQuery, headers }, deps.storage.deps.clock(), deps.publicKeys);
}

async function get(
  exchange: Exchange,
  { bucket, name }: XmlTarget,
  { storage }: XmlDeps,
  caller: Caller,
): Promise<void> {
  caller.need("storage.objects.get", bucket, name);
  if (storage.deps.objects.find(bucket, name) === undefined) caller.need("storage.objects.list", bucket);
  const { query } = exchange;
  const conditions = headerConditions((field) => header(exchange, field));
  const generation = generationOf(query);
  const overrides: Record<string, string> = {};
  for (const field of ["content-disposition", "content-type"]) {
    const value = query.get(`response-${field}`);
    if (value !== null) overrides[field] = headerText(value);
  }
  await download(exchange, storage, {
    bucket,
    name,
    ...(generation === undefined ? {} : { generation }),
    etag: "xml",
    overrides,
    check: (object) => checkConditions(conditions, object, true),
  });
}

async function put(
  exchange: Exchange,
  target: XmlTarget,
  { storage }: XmlDeps,
  caller: Caller,
): Promise<void> {
  if (header(exchange, "x-goog-copy-source") !== undefined) throw notImplemented("x-goog-copy-source");
  const length = contentLength(exchange);
  if (length === undefined && header(exchange, "transfer-encoding") === undefined)
    throw missingContentLength();
  const conditions = headerConditions((name) => header(exchange, name));
  const expected = expectedFromHeaders(exchange);
  needToCreate(caller, { ...target, conditions }, storage);
  if (length !== undefined) verifySize(length, expected);
  const fields = fieldsFromHeaders(exchange);
  const object = await storage.upload({ ...target, fields, conditions }, body(exchange), expected);
  sendEmpty(exchange, 200, objectHeaders(object));
}

async function startResumable(
  exchange: Exchange,
  target: XmlTarget,
  { resumable, storage }: XmlDeps,
  caller: Caller,
): Promise<void> {
  if (header(exchange, "x-goog-resumable")?.toLowerCase() !== "start") {
    throw notImplemented("POST is supported with x-goog-resumable: start only.");
  }
  if ((contentLength(exchange) ?? 0) > 0 || header(exchange, "transfer-encoding") !== undefined) {
    throw invalidArgument("The request that starts a resumable upload has no body.");
  }
  const conditions = headerConditions((name) => header(exchange, name));
  const fields = fieldsFromHeaders(exchange);
  needToCreate(caller, { ...target, conditions }, storage);
  const id = resumable.start({ ...target, fields, conditions }, expectedFromHeaders(exchange), undefined);
  const location = `${exchange.origin}${exchange.rawPath}?upload_id=${id}`;
  sendEmpty(exchange, 201, { location, "x-guploader-uploadid": id });
}

async function toSession(exchange: Exchange, id: string, { resumable }: XmlDeps): Promise<void> {
  if (exchange.method === "DELETE") return cancelSession(id, resumable);
  const completed = await continueSession(exchange, id, resumable);
  if (completed !== undefined) sendEmpty(exchange, 200, completed.headers);
}
