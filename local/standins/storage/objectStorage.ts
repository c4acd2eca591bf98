/** Buckets and objects: every change of metadata, bytes and events goes through here, in the order that a crash can't hurt. */
import type { FileHandle } from "node:fs/promises";
import type { DatabaseSync } from "node:sqlite";
import type { Clock } from "#shared/platform/clock.ts";
import { type Blobs, isMissing } from "./blobs.ts";
import type { Buckets } from "./buckets.ts";
import { Checksums, type Expected, verifySize, verifySums } from "./checksums.ts";
import { type Conditions, checkConditions } from "./conditions.ts";
import { transaction } from "./database.ts";
import type { FinalizedEvents } from "./events.ts";
import { checkObjectName } from "./names.ts";
import type { ObjectFields, StoredObject } from "./object.ts";
import type { NewObject, Objects } from "./objects.ts";
import type { Sessions } from "./sessions.ts";

export interface ObjectStorageDeps {
  readonly db: DatabaseSync;
  readonly buckets: Buckets;
  readonly objects: Objects;
  readonly sessions: Sessions;
  readonly blobs: Blobs;
  readonly events: FinalizedEvents;
  readonly clock: Clock;
  /** Where links in resources point. */
  readonly baseUrl: string;
}

/** An object that is to be written. */
export interface Target {
  readonly bucket: string;
  readonly name: string;
  readonly fields: ObjectFields;
  readonly conditions: Conditions;
}

const DAY_MS = 24 * 3600 * 1000;

export class ObjectStorage {
  readonly deps: ObjectStorageDeps;

  constructor(deps: ObjectStorageDeps) {
    this.deps = deps;
  }

  now(): number {
    return this.deps.clock().getTime();
  }

  /** What can be refused before a byte is read. @throws StorageError 404, 400, 412 */
  checkTarget({ bucket, name, conditions }: Omit<Target, "fields">): void {
    this.deps.buckets.get(bucket);
    checkObjectName(name);
    checkConditions(conditions, this.deps.objects.find(bucket, name));
  }

  /**
   * Receives an object in one go. Nothing of it is left when the source breaks off or the bytes are not what was announced.
   * @throws StorageError 400, 404, 412; and what `source` throws
   */
  async upload(
    target: Target,
    source: AsyncIterable<Buffer>,
    expected: Expected = {},
  ): Promise<StoredObject> {
    this.checkTarget(target);
    const { blobs } = this.deps;
    const { id, file } = await blobs.create();
    try {
      const checksums = new Checksums(expected.sha256 !== undefined);
      try {
        for await (const bytes of source) {
          checksums.update(bytes);
          const [, largest = Number.POSITIVE_INFINITY] = expected.lengthRange ?? [];
          if (checksums.size > largest) verifySize(checksums.size, expected);
          await writeAll(file, bytes);
        }
      } finally {
        await file.close();
      }
      const sums = checksums.read();
      verifySums(sums, expected);
      await blobs.keep(id);
      return await this.publish({ ...target, ...sums, blob: id }, target.conditions);
    } catch (error) {
      await blobs.discard(id);
      throw error;
    }
  }

  /**
   * Makes a complete blob an object: metadata, event and what `also` changes appear together, or not at all.
   * The blob is removed when a precondition doesn't hold. @throws StorageError 404, 412
   */
  async publish(
    { bucket, name, size, crc32c, md5, fields, blob }: NewObject,
    conditions: Conditions,
    also: (object: StoredObject) => void = () => {},
  ): Promise<StoredObject> {
    const { db, buckets, objects, events, blobs, baseUrl } = this.deps;
    let replaced: StoredObject | undefined;
    let announce = () => {};
    let object: StoredObject;
    try {
      object = transaction(db, () => {
        buckets.get(bucket);
        replaced = objects.find(bucket, name);
        const made = objects.put({ bucket, name, size, crc32c, md5, fields, blob }, conditions, this.now());
        announce = events.record(made, baseUrl);
        also(made);
        return made;
      });
    } catch (error) {
      await blobs.remove(blob);
      throw error;
    }
    announce();
    if (replaced !== undefined) await blobs.remove(replaced.blob);
    return object;
  }

  /** @throws StorageError 404, 412 */
  async delete(
    bucket: string,
    name: string,
    generation: number | undefined,
    conditions: Conditions,
  ): Promise<void> {
    this.deps.buckets.get(bucket);
    const { blob } = this.deps.objects.delete(bucket, name, generation, conditions);
    await this.deps.blobs.remove(blob);
  }

  /**
   * The object and its bytes, opened. What is read stays that generation even if the object is replaced meanwhile.
   * @throws StorageError 404, or what `check` throws
   */
  async open(
    bucket: string,
    name: string,
    generation?: number,
    check: (object: StoredObject) => void = () => {},
  ): Promise<{ object: StoredObject; file: FileHandle }> {
    this.deps.buckets.get(bucket);
    for (;;) {
      const object = this.deps.objects.get(bucket, name, generation);
      check(object);
      try {
        return { object, file: await this.deps.blobs.open(object.blob) };
      } catch (error) {
        // Replaced or deleted since the line above: look again. The same object without its file is a broken data directory.
        if (!isMissing(error) || this.deps.objects.find(bucket, name)?.blob === object.blob) throw error;
      }
    }
  }

  /** Deletes what the buckets' life cycles say, and resumable uploads older than a week. @returns how many objects went */
  async sweep(): Promise<number> {
    const { buckets, objects, sessions, blobs } = this.deps;
    let deleted = 0;
    for (const { name: bucket, lifecycleDays } of buckets.all()) {
      if (lifecycleDays === null) continue;
      for (const { name, generation } of objects.olderThan(bucket, this.now() - lifecycleDays * DAY_MS)) {
        await this.delete(bucket, name, generation, {});
        deleted += 1;
      }
    }
    for (const id of sessions.dropExpired(this.now())) await blobs.removePartial(id);
    return deleted;
  }
}

/** Writes all of `bytes` at `position`, or at the file's own. */
export async function writeAll(
  file: FileHandle,
  bytes: Buffer,
  position: number | null = null,
): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    const at = position === null ? null : position + done;
    done += (await file.write(bytes, done, bytes.length - done, at)).bytesWritten;
  }
}
