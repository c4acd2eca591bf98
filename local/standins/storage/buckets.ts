import type { DatabaseSync } from "node:sqlite";
import { z } from "zod";
import { noSuchBucket } from "./failure.ts";

const rowSchema = z
  .object({ name: z.string(), lifecycle_days: z.number().nullable() })
  .transform(({ name, lifecycle_days: lifecycleDays }) => ({ name, lifecycleDays }));

/** Objects older than `lifecycleDays` go by themselves; null when none do. */
export type Bucket = Readonly<z.infer<typeof rowSchema>>;

/** The buckets that the stand-in was started with, now or earlier; nothing makes one by request. */
export class Buckets {
  readonly #db: DatabaseSync;

  constructor(db: DatabaseSync) {
    this.#db = db;
  }

  /** @throws StorageError 404 */
  get(name: string): Bucket {
    const row = this.#db.prepare("SELECT * FROM buckets WHERE name = ?").get(name);
    if (row === undefined) throw noSuchBucket();
    return rowSchema.parse(row);
  }

  all(): Bucket[] {
    return this.#db
      .prepare("SELECT * FROM buckets ORDER BY name")
      .all()
      .map((row) => rowSchema.parse(row));
  }

  /** Makes the bucket, or changes its life cycle. */
  put({ name, lifecycleDays }: Bucket): void {
    this.#db
      .prepare(
        "INSERT INTO buckets VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET lifecycle_days = excluded.lifecycle_days",
      )
      .run(name, lifecycleDays);
  }
}
