import type { DatabaseSync } from "node:sqlite";
import { z } from "zod";
import { type Conditions, checkConditions } from "./conditions.ts";
import { noSuchObject } from "./failure.ts";
import { objectFieldsSchema, type StoredObject } from "./object.ts";

const rowSchema = z.object({
  bucket: z.string(),
  name: z.string(),
  generation: z.number(),
  metageneration: z.number(),
  size: z.number(),
  crc32c: z.string(),
  md5: z.string(),
  created_at: z.number(),
  updated_at: z.number(),
  fields: z.string().transform((text) => objectFieldsSchema.parse(JSON.parse(text))),
  blob: z.string(),
});

export type NewObject = Omit<StoredObject, "generation" | "metageneration" | "createdAt" | "updatedAt">;

/** The live objects. Names are ordered by their UTF-8 bytes, as Cloud Storage lists them. */
export class Objects {
  readonly #db: DatabaseSync;

  constructor(db: DatabaseSync) {
    this.#db = db;
  }

  find(bucket: string, name: string): StoredObject | undefined {
    const row = this.#db.prepare("SELECT * FROM objects WHERE bucket = ? AND name = ?").get(bucket, name);
    return row === undefined ? undefined : objectOf(row);
  }

  /**
   * @param generation if given, only that one will do; earlier ones aren't kept
   * @throws StorageError 404
   */
  get(bucket: string, name: string, generation?: number): StoredObject {
    const object = this.find(bucket, name);
    if (object === undefined || (generation ?? object.generation) !== object.generation) {
      throw noSuchObject(bucket, name);
    }
    return object;
  }

  /** Objects from the name `from` on, in order. Don't write while iterating. */
  *from(bucket: string, from: string): Iterable<StoredObject> {
    const rows = this.#db
      .prepare("SELECT * FROM objects WHERE bucket = ? AND name >= ? ORDER BY name")
      .iterate(bucket, from);
    for (const row of rows) yield objectOf(row);
  }

  /** Objects made before `time`. */
  olderThan(bucket: string, time: number): StoredObject[] {
    return this.#db
      .prepare("SELECT * FROM objects WHERE bucket = ? AND created_at < ?")
      .all(bucket, time)
      .map(objectOf);
  }

  /** Makes the object with a new generation, in place of what is there under its name. @throws StorageError 412 */
  put(object: NewObject, conditions: Conditions, now: number): StoredObject {
    const current = this.find(object.bucket, object.name);
    checkConditions(conditions, current);
    if (current !== undefined) this.#delete(current);
    const { bucket, name, size, crc32c, md5, fields, blob } = object;
    this.#db
      .prepare("INSERT INTO objects VALUES (?, ?, ?, 1, ?, ?, ?, ?, ?, ?, ?)")
      .run(
        bucket,
        name,
        this.#nextGeneration(now),
        size,
        crc32c,
        md5,
        now,
        now,
        JSON.stringify(fields),
        blob,
      );
    return this.get(bucket, name);
  }

  /** @throws StorageError 404, 412 @returns what was there */
  delete(bucket: string, name: string, generation: number | undefined, conditions: Conditions): StoredObject {
    const object = this.get(bucket, name, generation);
    checkConditions(conditions, object);
    this.#delete(object);
    return object;
  }

  /** Every file that holds an object's bytes. */
  blobs(): Set<string> {
    const rows = this.#db.prepare("SELECT blob FROM objects").all();
    return new Set(rows.map((row) => z.object({ blob: z.string() }).parse(row).blob));
  }

  #delete({ bucket, name }: StoredObject): void {
    this.#db.prepare("DELETE FROM objects WHERE bucket = ? AND name = ?").run(bucket, name);
  }

  /** The clock in microseconds, or more where that was used already or the clock went back. */
  #nextGeneration(now: number): number {
    const row = this.#db.prepare("SELECT value FROM last_generation").get();
    const last = row === undefined ? 0 : z.object({ value: z.number() }).parse(row).value;
    const next = Math.max(now * 1000, last + 1);
    const statement =
      row === undefined ? "INSERT INTO last_generation VALUES (?)" : "UPDATE last_generation SET value = ?";
    this.#db.prepare(statement).run(next);
    return next;
  }
}

function objectOf(row: unknown): StoredObject {
  const { created_at, updated_at, ...rest } = rowSchema.parse(row);
  return { ...rest, createdAt: created_at, updatedAt: updated_at };
}
