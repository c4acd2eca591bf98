/** The JSON API (https://cloud.google.com/storage/docs/json_api/v1), as far as Google's client libraries use it for objects. */
import { z } from "zod";
import { type Bucket, type BucketSettings, bucketResource, bucketSettingsSchema } from "./buckets.ts";
import { checkConditions, generationOf, queryConditions } from "./conditions.ts";
import { download } from "./download.ts";
import { decodePath, type Exchange, jsonBody, sendEmpty, sendJson } from "./exchange.ts";
import { invalidArgument, methodNotAllowed, notFound } from "./failure.ts";
import { compose, copyObject } from "./jsonCopies.ts";
import { jsonUpload } from "./jsonUploads.ts";
import { listObjects } from "./listing.ts";
import { checkNewBucketName } from "./names.ts";
import { applyInput, objectInputSchema, objectResource } from "./object.ts";
import type { ObjectStorage } from "./objectStorage.ts";
import type { ResumableUploads } from "./resumable.ts";

export interface ApiDeps {
  readonly storage: ObjectStorage;
  readonly resumable: ResumableUploads;
}

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

/** Answers one request. @throws StorageFailure */
export async function jsonApi(
  exchange: Exchange,
  { upload, pieces }: JsonTarget,
  deps: ApiDeps,
): Promise<void> {
  const [, bucket, collection, name, ...rest] = pieces;
  if (bucket === undefined) return buckets(exchange, deps);
  if (collection === undefined) return oneBucket(exchange, bucket, deps);
  if (collection !== "o") throw notFound();
  if (upload) return jsonUpload(exchange, bucket, deps);
  if (name === undefined) return objects(exchange, bucket, deps);
  if (rest.length === 0) return oneObject(exchange, bucket, name, deps);
  if (exchange.method !== "POST") throw methodNotAllowed();
  if (rest[0] === "compose" && rest.length === 1) return compose(exchange, bucket, name, deps);
  return copyObject(exchange, { bucket, name }, rest, deps);
}

async function buckets(exchange: Exchange, { storage }: ApiDeps): Promise<void> {
  const { buckets: all, baseUrl } = storage.deps;
  switch (exchange.method) {
    case "GET": {
      const prefix = exchange.query.get("prefix") ?? "";
      const items = all.all().filter(({ name }) => name.startsWith(prefix));
      return sendJson(exchange, 200, {
        kind: "storage#buckets",
        items: items.map((bucket) => bucketResource(bucket, baseUrl)),
      });
    }
    case "POST": {
      const { name, settings } = bucketInput(await jsonBody(exchange), {});
      checkNewBucketName(name ?? "");
      return sendJson(
        exchange,
        200,
        bucketResource(all.create(name ?? "", settings, storage.now()), baseUrl),
      );
    }
    default:
      throw methodNotAllowed();
  }
}

async function oneBucket(exchange: Exchange, name: string, { storage }: ApiDeps): Promise<void> {
  const { buckets: all, baseUrl } = storage.deps;
  const conditions = queryConditions(exchange.query);
  const answer = (bucket: Bucket) => sendJson(exchange, 200, bucketResource(bucket, baseUrl));
  switch (exchange.method) {
    case "GET": {
      const bucket = all.get(name);
      checkConditions(conditions, { ...bucket, generation: 0 }, true);
      return answer(bucket);
    }
    case "PATCH":
    case "PUT": {
      const before = exchange.method === "PATCH" ? all.get(name).settings : {};
      const { settings } = bucketInput(await jsonBody(exchange), before);
      return answer(all.update(name, settings, conditions, storage.now()));
    }
    case "DELETE":
      all.delete(name, conditions);
      return sendEmpty(exchange, 204);
    default:
      throw methodNotAllowed();
  }
}

/** Null takes a setting away. */
function bucketInput(
  value: unknown,
  before: BucketSettings,
): { name: string | undefined; settings: BucketSettings } {
  const given = z.record(z.string(), z.unknown()).safeParse(value);
  if (!given.success) throw invalidArgument("Expected a JSON object.");
  const merged = Object.entries({ ...before, ...given.data }).filter(([, setting]) => setting !== null);
  const parsed = bucketSettingsSchema
    .extend({ name: z.string().exactOptional() })
    .safeParse(Object.fromEntries(merged));
  if (!parsed.success) throw invalidArgument(z.prettifyError(parsed.error));
  const { name, ...settings } = parsed.data;
  return { name, settings };
}

function objects(exchange: Exchange, bucket: string, { storage }: ApiDeps): void {
  if (exchange.method !== "GET") throw methodNotAllowed();
  const { buckets: all, objects: live, baseUrl } = storage.deps;
  all.get(bucket);
  const { items, prefixes, nextPageToken } = listObjects(live, bucket, exchange.query);
  sendJson(exchange, 200, {
    kind: "storage#objects",
    ...(nextPageToken === undefined ? {} : { nextPageToken }),
    ...(prefixes.length === 0 ? {} : { prefixes }),
    ...(items.length === 0 ? {} : { items: items.map((object) => objectResource(object, baseUrl)) }),
  });
}

async function oneObject(exchange: Exchange, bucket: string, name: string, deps: ApiDeps): Promise<void> {
  const { storage } = deps;
  const { buckets: all, objects: live, baseUrl } = storage.deps;
  const { method, query } = exchange;
  const conditions = queryConditions(query);
  const generation = generationOf(query);
  switch (method) {
    case "HEAD":
    case "GET": {
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
    case "PUT": {
      const input = objectInput(await jsonBody(exchange));
      all.get(bucket);
      const object = live.get(bucket, name, generation);
      checkConditions(conditions, object);
      const fields = applyInput(method === "PATCH" ? object.fields : {}, input);
      return sendJson(exchange, 200, objectResource(live.describe(object, fields, storage.now()), baseUrl));
    }
    case "DELETE":
      await storage.delete(bucket, name, generation, conditions);
      return sendEmpty(exchange, 204);
    default:
      throw methodNotAllowed();
  }
}

/** @throws StorageFailure 400 */
export function objectInput(value: unknown): z.infer<typeof objectInputSchema> {
  const parsed = objectInputSchema.safeParse(value);
  if (!parsed.success) throw invalidArgument(z.prettifyError(parsed.error));
  return parsed.data;
}
