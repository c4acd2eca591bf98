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
  startOffset: z.string().default(""),
  maxResults: number,
  pageToken: z.string().exactOptional(),
});

export interface Listing {
  readonly items: readonly StoredObject[];
  readonly nextPageToken?: string;
}

/** What Google has and no caller of ours uses; ignoring it would give a wrong list. */
const NOT_HERE = ["delimiter", "endOffset", "matchGlob"];

/** One page of a bucket's objects, in order of their names. @throws StorageError 400, 501 */
export function listObjects(objects: Objects, bucket: string, query: URLSearchParams): Listing {
  const unknown = NOT_HERE.find((name) => query.get(name));
  if (unknown !== undefined) throw notImplemented(unknown);
  const parsed = querySchema.safeParse(Object.fromEntries(query));
  if (!parsed.success) throw invalidArgument("Invalid value for maxResults.");
  const { prefix, startOffset, maxResults = MAX_RESULTS } = parsed.data;
  const after = parsed.data.pageToken === undefined ? undefined : lastOf(parsed.data.pageToken);
  const most = Math.min(maxResults === 0 ? MAX_RESULTS : maxResults, MAX_RESULTS);

  const items: StoredObject[] = [];
  for (const object of objects.from(bucket, latest(prefix, startOffset, after ?? ""))) {
    const { name } = object;
    // Names are in order, and the first is not before the prefix: what doesn't begin with it comes after all that do.
    if (!name.startsWith(prefix)) break;
    if (name === after) continue;
    if (items.length === most) {
      const last = items.at(-1)?.name ?? "";
      return { items, nextPageToken: Buffer.from(last).toString("base64url") };
    }
    items.push(object);
  }
  return { items };
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
