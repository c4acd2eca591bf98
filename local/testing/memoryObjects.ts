import { createHash, randomUUID } from "node:crypto";
import type { ObjectStore, StoredObject } from "#shared/platform/storage/objectStore.ts";
import type { ObjectWriter } from "#shared/platform/storage/objectWriter.ts";
import type { UrlSigner } from "#shared/platform/storage/urlSigner.ts";
import { refusing } from "./transactionScope.ts";

/** An object store in memory, for tests of what is done with objects; signing gives URLs that only look signed. */
export interface MemoryObjects extends ObjectStore, ObjectWriter, UrlSigner {
  /** Puts an object there, as an upload would have. */
  put(name: string, bytes: Buffer, contentType?: string): StoredObject;
  names(): string[];
}

export function memoryObjects(): MemoryObjects {
  const objects = new Map<string, { described: StoredObject; bytes: Buffer }>();
  let generation = 1_000;
  const put = (name: string, bytes: Buffer, contentType = "application/octet-stream"): StoredObject => {
    generation += 1;
    const crc32c = `${createHash("sha256").update(bytes).digest("base64").slice(0, 5)}A==`;
    const described = {
      name,
      generation: String(generation),
      size: bytes.length,
      contentType,
      crc32c,
      createdAt: new Date(0),
    };
    objects.set(name, { described, bytes });
    return described;
  };
  const current = (name: string, wanted?: string) => {
    const found = objects.get(name);
    return found && (wanted === undefined || found.described.generation === wanted) ? found : undefined;
  };
  const memory: MemoryObjects = {
    put,
    names: () => [...objects.keys()].sort(),
    signCreate: async (object, declared) => ({
      method: "PUT",
      url: `https://objects.example/${object}?signature=${randomUUID()}`,
      headers: { "content-type": declared.contentType },
    }),
    signResumable: async (object, declared) => ({
      method: "POST",
      url: `https://objects.example/${object}?signature=${randomUUID()}`,
      headers: { "content-type": declared.contentType, "x-goog-resumable": "start" },
    }),
    signRead: async (object, wanted) =>
      `https://objects.example/${object}?generation=${wanted}&signature=${randomUUID()}`,
    look: async (object) => current(object)?.described,
    readStart: async (object, wanted, bytes) => current(object, wanted)?.bytes.subarray(0, bytes),
    write: async (object, body, contentType) => {
      if (objects.has(object)) return false;
      put(object, body, contentType);
      return true;
    },
    async stream(object, body, contentType) {
      const pieces: Buffer[] = [];
      for await (const piece of body) pieces.push(piece);
      return memory.write(object, Buffer.concat(pieces), contentType);
    },
    read: async (object) => current(object)?.bytes,
    remove: async (object, wanted) => {
      if (current(object, wanted)) objects.delete(object);
    },
    async *list(prefix, after) {
      for (const name of [...objects.keys()].sort()) {
        const found = objects.get(name);
        if (found && name.startsWith(prefix) && (after === undefined || name > after)) yield found.described;
      }
    },
  };
  return refusing("storage", memory);
}
