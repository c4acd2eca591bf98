/** The JSON API (https://cloud.google.com/storage/docs/json_api/v1), as far as Google's client libraries use it for objects. */
import { type Caller, callerByToken } from "./access.ts";
import { checkConditions, generationOf, queryConditions } from "./conditions.ts";
import type { ApiDeps } from "./deps.ts";
import { download } from "./download.ts";
import { decodePath, type Exchange, sendEmpty, sendJson } from "./exchange.ts";
import { methodNotAllowed, notFound, notImplemented } from "./failure.ts";
import { jsonUpload } from "./jsonUploads.ts";
import { listObjects } from "./listing.ts";
import { objectResource } from "./object.ts";

/** A path of the API, below its root: `b/{bucket}/o/{object}` and so on, each piece decoded. */
export interface JsonTarget {
  readonly upload: boolean;
  readonly pieces: readonly string[];
}

const ROOT = /^(\/resumable)?(\/upload|\/download)?(?:\/storage\/v1)?\/(b(?:\/.*)?)$/;

/**
 * What of the API a path means, if it is one of its paths. The Node.js client leaves `/storage/v1` out when it talks to an emulator;
 * bucket names have three characters at least, so `b` is none.
 */
export function jsonTarget(rawPath: string): JsonTarget | undefined {
  const [, , kind, path] = ROOT.exec(rawPath) ?? [];
  if (path === undefined) return undefined;
  return { upload: kind === "/upload", pieces: path.replace(/\/$/, "").split("/").map(decodePath) };
}

/** Answers one request. @throws StorageError */
export async function jsonApi(
  exchange: Exchange,
  { upload, pieces }: JsonTarget,
  deps: ApiDeps,
): Promise<void> {
  const [, bucket, collection, name, ...rest] = pieces;
  if (bucket === undefined || collection === undefined) throw notImplemented("Requests to buckets.");
  if (collection !== "o") throw notFound();
  // A session's id is the permission to continue it.
  const caller = exchange.query.has("upload_id") ? undefined : await callerByToken(exchange, deps.access);
  if (upload) return jsonUpload(exchange, bucket, deps, caller);
  if (caller === undefined) throw notFound();
  if (name === undefined) return objects(exchange, bucket, deps, caller);
  if (rest.length === 0) return oneObject(exchange, bucket, name, deps, caller);
  throw notImplemented(`Requests to an object's ${rest[0]}.`);
}

function objects(exchange: Exchange, bucket: string, { storage }: ApiDeps, caller: Caller): void {
  if (exchange.method !== "GET") throw methodNotAllowed();
  caller.need("storage.objects.list", bucket);
  const { buckets: all, objects: live, baseUrl } = storage.deps;
  all.get(bucket);
  const { items, nextPageToken } = listObjects(live, bucket, exchange.query);
  sendJson(exchange, 200, {
    kind: "storage#objects",
    ...(nextPageToken === undefined ? {} : { nextPageToken }),
    ...(items.length === 0 ? {} : { items: items.map((object) => objectResource(object, baseUrl)) }),
  });
}

async function oneObject(
  exchange: Exchange,
  bucket: string,
  name: string,
  deps: ApiDeps,
  caller: Caller,
): Promise<void> {
  const { storage } = deps;
  const { buckets: all, objects: live, baseUrl } = storage.deps;
  const { method, query } = exchange;
  const conditions = queryConditions(query);
  const generation = generationOf(query);
  switch (method) {
    case "HEAD":
    case "GET": {
      caller.need("storage.objects.get", bucket, name);
      if (live.find(bucket, name) === undefined) caller.need("storage.objects.list", bucket);
      if (query.get("alt") === "media") {
        return download(exchange, storage, {
          bucket,
          name,
          ...(generation === undefined ? {} : { generation }),
          etag: "api",
          check: (object) => checkConditions(conditions, object, true),
        });
      }
      all.get(bucket);
      const object = live.get(bucket, name, generation);
      checkConditions(conditions, object, true);
      return sendJson(exchange, 200, objectResource(object, baseUrl));
    }
    case "PATCH":
    case "PUT":
      throw notImplemented("Changes of an object's metadata.");
    case "DELETE":
      caller.need("storage.objects.delete", bucket, name);
      await storage.delete(bucket, name, generation, conditions);
      return sendEmpty(exchange, 204);
    default:
      throw methodNotAllowed();
  }
}
