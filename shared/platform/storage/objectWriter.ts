/** Creating objects, for functions that may do nothing else with them. */
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { File } from "@google-cloud/storage";
import type { SettingsOf } from "../config/settings.ts";
import { storageClient } from "./client.ts";

export interface ObjectWriter {
  /** Writes a small object from memory, replacing nothing: false when it was there already. */
  write(object: string, body: Buffer, contentType: string): Promise<boolean>;
  /**
   * Writes an object of any size as its bytes come, whole or not at all, replacing nothing: false when it was there already.
   * @throws what `body` ends with
   */
  stream(object: string, body: Readable, contentType: string): Promise<boolean>;
}

/** Objects are created and never replaced. */
const CREATE_ONLY = { ifGenerationMatch: 0 } as const;

/** @param bucket its name */
export function objectWriter(bucket: string, settings: SettingsOf<"GOOGLE_CLOUD_PROJECT">): ObjectWriter {
  const objects = storageClient(settings.GOOGLE_CLOUD_PROJECT).bucket(bucket);
  return {
    write: (object, body, contentType) => unlessThere(() => saveNew(objects.file(object), body, contentType)),
    stream: (object, body, contentType) =>
      unlessThere(() => streamNew(objects.file(object), body, contentType)),
  };
}

async function saveNew(file: File, body: Buffer, contentType: string): Promise<void> {
  await file.save(body, { contentType, resumable: false, preconditionOpts: CREATE_ONLY });
}

/** A resumable upload becomes an object with its last bytes only: what breaks off before is never one, and leaves no connection open. */
async function streamNew(file: File, body: Readable, contentType: string): Promise<void> {
  try {
    // Begun by itself, since only so the client brings its token to a stand-in.
    const [uri] = await file.createResumableUpload({
      metadata: { contentType },
      preconditionOpts: CREATE_ONLY,
    });
    await pipeline(body, file.createWriteStream({ uri, resumable: true }));
  } finally {
    body.destroy();
  }
}

/**
 * Whether an object was created; false when one was there. Cloud Storage says so by the precondition (412), or, to an account that may
 * only create, by the permission that replacing would need (403).
 */
async function unlessThere(create: () => Promise<void>): Promise<boolean> {
  try {
    await create();
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error) {
      if (error.code === 412) return false;
      if (error.code === 403 && error.message.includes("storage.objects.delete")) return false;
    }
    throw error;
  }
}
