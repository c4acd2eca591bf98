import type { DatabaseSync } from "node:sqlite";
import { z } from "zod";
import { type Conditions, checkConditions } from "./conditions.ts";
import { bucketExists, bucketNotEmpty, noSuchBucket } from "./failure.ts";

const lifecycleRuleSchema = z.looseObject({
  action: z.looseObject({ type: z.string() }),
  condition: z.looseObject({ age: z.number().exactOptional() }),
});

/** What can be set on a bucket; of these only the life cycle does something here. */
export const bucketSettingsSchema = z.object({
  location: z.string().exactOptional(),
  storageClass: z.string().exactOptional(),
  labels: z.record(z.string(), z.string()).exactOptional(),
  lifecycle: z.object({ rule: z.array(lifecycleRuleSchema).exactOptional() }).exactOptional(),
});
export type BucketSettings = z.infer<typeof bucketSettingsSchema>;

const rowSchema = z.object({
  name: z.string(),
  created_at: z.number(),
  updated_at: z.number(),
  metageneration: z.number(),
  settings: z.string().transform((text) => bucketSettingsSchema.parse(JSON.parse(text))),
});

/** Times are milliseconds since 1970. */
export interface Bucket {
  readonly name: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly metageneration: number;
  readonly settings: BucketSettings;
}

export class Buckets {
  readonly #db: DatabaseSync;

  constructor(db: DatabaseSync) {
    this.#db = db;
  }

  find(name: string): Bucket | undefined {
    const row = this.#db.prepare("SELECT * FROM buckets WHERE name = ?").get(name);
    return row === undefined ? undefined : bucketOf(row);
  }

  /** @throws StorageFailure 404 */
  get(name: string): Bucket {
    const bucket = this.find(name);
    if (bucket === undefined) throw noSuchBucket();
    return bucket;
  }

  all(): Bucket[] {
    return this.#db.prepare("SELECT * FROM buckets ORDER BY name").all().map(bucketOf);
  }

  /** @throws StorageFailure 409 */
  create(name: string, settings: BucketSettings, now: number): Bucket {
    if (this.find(name) !== undefined) throw bucketExists();
    this.#db
      .prepare("INSERT INTO buckets VALUES (?, ?, ?, 1, ?)")
      .run(name, now, now, JSON.stringify(settings));
    return this.get(name);
  }

  /** @throws StorageFailure 404, 412 */
  update(name: string, settings: BucketSettings, conditions: Conditions, now: number): Bucket {
    checkConditions(conditions, { ...this.get(name), generation: 0 });
    this.#db
      .prepare(
        "UPDATE buckets SET settings = ?, updated_at = ?, metageneration = metageneration + 1 WHERE name = ?",
      )
      .run(JSON.stringify(settings), now, name);
    return this.get(name);
  }

  /** @throws StorageFailure 404, 409, 412 */
  delete(name: string, conditions: Conditions): void {
    checkConditions(conditions, { ...this.get(name), generation: 0 });
    const object = this.#db.prepare("SELECT 1 FROM objects WHERE bucket = ? LIMIT 1").get(name);
    if (object !== undefined) throw bucketNotEmpty();
    this.#db.prepare("DELETE FROM buckets WHERE name = ?").run(name);
  }
}

/** After how many days objects go, if the bucket says so. */
export function deleteAfterDays({ settings }: Bucket): number | undefined {
  const ages = (settings.lifecycle?.rule ?? []).flatMap(({ action, condition }) =>
    // A rule with further conditions means less than every object of that age.
    action.type === "Delete" && condition.age !== undefined && Object.keys(condition).length === 1
      ? [condition.age]
      : [],
  );
  return ages.length === 0 ? undefined : Math.min(...ages);
}

/** The life cycle that deletes every object after some days. */
export function lifecycleOf(days: number | undefined): Pick<BucketSettings, "lifecycle"> {
  if (days === undefined) return {};
  return { lifecycle: { rule: [{ action: { type: "Delete" }, condition: { age: days } }] } };
}

/** The bucket's resource in the JSON API. */
export function bucketResource(bucket: Bucket, baseUrl: string): Record<string, unknown> {
  const { name, createdAt, updatedAt, metageneration, settings } = bucket;
  return {
    kind: "storage#bucket",
    id: name,
    selfLink: `${baseUrl}/storage/v1/b/${encodeURIComponent(name)}`,
    name,
    projectNumber: "0",
    metageneration: String(metageneration),
    location: "US",
    locationType: "multi-region",
    storageClass: "STANDARD",
    ...settings,
    timeCreated: new Date(createdAt).toISOString(),
    updated: new Date(updatedAt).toISOString(),
    etag: Buffer.from(String(metageneration)).toString("base64"),
  };
}

function bucketOf(row: unknown): Bucket {
  const { created_at, updated_at, ...rest } = rowSchema.parse(row);
  return { ...rest, createdAt: created_at, updatedAt: updated_at };
}
