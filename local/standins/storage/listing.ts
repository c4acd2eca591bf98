/** Lists of objects (https://cloud.google.com/storage/docs/json_api/v1/objects/list). */
import { z } from "zod";
import { invalidArgument, notImplemented } from "./failure.ts";
import type { StoredObject } from "./object.ts";
import type { Objects } from "./objects.ts";

const MAX_RESULTS = 1000;
const number = z
  .string()
  .regex(/^\d{1,9}$/)
  .transform(Number)
  .exactOptional();

const querySchema = z.object({
  prefix: z.string().default(""),
  delimiter: z.string().default(""),
  startOffset: z.string().default(""),
  endOffset: z.string().default(""),
  maxResults: number,
  pageToken: z.string().exactOptional(),
});

export interface Listing {
  readonly items: readonly StoredObject[];
  readonly prefixes: readonly string[];
  readonly nextPageToken?: string;
}

/** One page of a bucket's objects, in order of their names. @throws StorageFailure 400, 501 */
export function listObjects(objects: Objects, bucket: string, query: URLSearchParams): Listing {
  if (query.get("matchGlob")) throw notImplemented("matchGlob");
  const parsed = querySchema.safeParse(Object.fromEntries(query));
  if (!parsed.success) throw invalidArgument("Invalid value for maxResults.");
  const { prefix, delimiter, startOffset, endOffset, maxResults = MAX_RESULTS } = parsed.data;
  const after = parsed.data.pageToken === undefined ? undefined : lastOf(parsed.data.pageToken);
  const most = Math.min(maxResults === 0 ? MAX_RESULTS : maxResults, MAX_RESULTS);

  const items: StoredObject[] = [];
  const prefixes = new Set<string>();
  let last = "";
  for (const object of objects.from(bucket, latest(prefix, startOffset, after ?? ""))) {
    const { name } = object;
    if (!name.startsWith(prefix)) {
      if (Buffer.compare(Buffer.from(name), Buffer.from(prefix)) > 0) break;
      continue;
    }
    if (endOffset !== "" && Buffer.compare(Buffer.from(name), Buffer.from(endOffset)) >= 0) break;
    const cut = delimiter === "" ? -1 : name.indexOf(delimiter, prefix.length);
    const entry = cut < 0 ? name : name.slice(0, cut + delimiter.length);
    // What the page before ended with: that very object, or everything under that prefix.
    if (entry === after || prefixes.has(entry)) continue;
    if (items.length + prefixes.size === most) {
      return { items, prefixes: [...prefixes], nextPageToken: Buffer.from(last).toString("base64url") };
    }
    if (cut < 0) items.push(object);
    else prefixes.add(entry);
    last = entry;
  }
  return { items, prefixes: [...prefixes] };
}

function lastOf(pageToken: string): string {
  const name = Buffer.from(pageToken, "base64url").toString("utf8");
  if (name === "" || Buffer.from(name).toString("base64url") !== pageToken) {
    throw invalidArgument("Invalid page token.");
  }
  return name;
}

function latest(...names: string[]): string {
  return names.reduce((a, b) => (Buffer.compare(Buffer.from(a), Buffer.from(b)) >= 0 ? a : b));
}
