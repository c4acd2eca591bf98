/**
 * Cloud Storage as this project uses it: objects are looked at, read by their first bytes, and removed; `urlSigner.ts` lets others
 * create and read them. One interface, so that operations say what they need and not how Google's client is called.
 */
import type { Bucket, File } from "@google-cloud/storage";
import type { SettingsOf } from "../config/settings.ts";
import { lazy } from "../lazy.ts";

/** What Cloud Storage says of an object that is there. */
export interface StoredObject {
  readonly name: string;
  /** Cloud Storage's version number of these bytes, as a decimal string. */
  readonly generation: string;
  readonly size: number;
  readonly contentType: string;
  /** Base64 of the big-endian CRC32C. */
  readonly crc32c: string;
  readonly createdAt: Date;
}

export interface ObjectStore {
  /** What is there, or undefined. */
  look(object: string): Promise<StoredObject | undefined>;
  /** The first `bytes` bytes of one generation, or undefined when it is gone. */
  readStart(object: string, generation: string, bytes: number): Promise<Buffer | undefined>;
  /** Writes a small object from memory, replacing nothing: false when it was there already. */
  write(object: string, body: Buffer, contentType: string): Promise<boolean>;
  /** A whole small object, or undefined. */
  read(object: string): Promise<Buffer | undefined>;
  /** Removes the object (only that generation, when given); one that is gone already is no error. */
  remove(object: string, generation?: string): Promise<void>;
  /** Objects under a prefix, page by page, in order of their names; only those after a name, when given. */
  list(prefix: string, after?: string): AsyncIterable<StoredObject>;
}

/**
 * Google's library is loaded at the first call.
 * @param bucket its name
 */
export function objectStore(bucket: string, settings: SettingsOf<"GOOGLE_CLOUD_PROJECT">): ObjectStore {
  const objects = lazy(async (): Promise<Bucket> => {
    const { storageClient } = await import("./client.ts");
    return storageClient(settings.GOOGLE_CLOUD_PROJECT).bucket(bucket);
  });
  const file = async (object: string, generation?: string): Promise<File> =>
    (await objects()).file(object, generation === undefined ? {} : { generation });

  return {
    look: (object) => unlessMissing(async () => described(await metadataOf(await file(object)))),

    readStart: (object, generation, bytes) =>
      unlessMissing(async () => {
        const stored = await file(object, generation);
        const [start] = await stored.download({ start: 0, end: bytes - 1, validation: false });
        return start;
      }),

    async write(object, body, contentType) {
      try {
        const stored = await file(object);
        await stored.save(body, {
          contentType,
          resumable: false,
          preconditionOpts: { ifGenerationMatch: 0 },
        });
        return true;
      } catch (error) {
        if (statusOf(error) === 412) return false;
        throw error;
      }
    },

    read: (object) => unlessMissing(async () => (await (await file(object)).download())[0]),

    async remove(object, generation) {
      await unlessMissing(async () => (await file(object, generation)).delete());
    },

    async *list(prefix, after) {
      let pageToken: string | undefined;
      do {
        const [files, next] = await (await objects()).getFiles({
          prefix,
          autoPaginate: false,
          maxResults: 500,
          ...(after === undefined ? {} : { startOffset: after }),
          ...(pageToken === undefined ? {} : { pageToken }),
        });
        for (const file of files) if (file.name !== after) yield described(file); // the offset itself is included
        pageToken = pageTokenOf(next);
      } while (pageToken !== undefined);
    },
  };
}

async function metadataOf(file: File): Promise<File> {
  await file.getMetadata();
  return file;
}

function described(file: File): StoredObject {
  const { generation, size, contentType, crc32c, timeCreated } = file.metadata;
  if (generation === undefined || size === undefined || crc32c === undefined || timeCreated === undefined) {
    throw new Error("Cloud Storage described an object without generation, size, crc32c or timeCreated");
  }
  return {
    name: file.name,
    generation: String(generation),
    size: Number(size),
    contentType: contentType ?? "application/octet-stream",
    crc32c,
    createdAt: new Date(timeCreated),
  };
}

function pageTokenOf(next: unknown): string | undefined {
  if (typeof next !== "object" || next === null || !("pageToken" in next)) return undefined;
  return typeof next.pageToken === "string" ? next.pageToken : undefined;
}

async function unlessMissing<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (statusOf(error) === 404) return undefined;
    throw error;
  }
}

function statusOf(error: unknown): number | undefined {
  if (typeof error !== "object" || error === null || !("code" in error)) return undefined;
  return Number(error.code);
}
