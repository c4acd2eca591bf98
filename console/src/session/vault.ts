/**
 * Where this browser keeps its session: in IndexedDB, encrypted under a key that no script can read out. A copy of the profile's files
 * gives no token without the browser's own key store.
 */
import { type DBSchema, type IDBPDatabase, openDB } from "idb";
import * as z from "zod/mini";
import type { StoredSession } from "./tokenKeeper.ts";

interface Vault extends DBSchema {
  keys: { key: "session"; value: CryptoKey };
  encrypted: { key: "session"; value: { readonly iv: Uint8Array<ArrayBuffer>; readonly data: ArrayBuffer } };
}

const sessionSchema = z.object({
  refreshToken: z.string(),
  attemptKey: z.optional(z.string()),
  userId: z.string(),
  sessionId: z.string(),
});

const ALGORITHM = "AES-GCM";
/** Bytes; what AES-GCM works best with. */
const IV_BYTES = 12;

let opened: Promise<IDBPDatabase<Vault>> | undefined;

function open(): Promise<IDBPDatabase<Vault>> {
  opened ??= openDB<Vault>("reverie-session", 1, {
    upgrade(db) {
      db.createObjectStore("keys");
      db.createObjectStore("encrypted");
    },
    terminated() {
      opened = undefined;
    },
  });
  return opened;
}

/** The session that is stored; undefined when there is none, or it can't be opened any more. */
export async function readSession(): Promise<StoredSession | undefined> {
  const db = await open();
  const [key, encrypted] = await Promise.all([db.get("keys", "session"), db.get("encrypted", "session")]);
  if (key === undefined || encrypted === undefined) return undefined;
  try {
    const plain = await crypto.subtle.decrypt({ name: ALGORITHM, iv: encrypted.iv }, key, encrypted.data);
    const { attemptKey, ...session } = sessionSchema.parse(JSON.parse(new TextDecoder().decode(plain)));
    return { ...session, attemptKey };
  } catch {
    return undefined;
  }
}

/** Takes the place of the session that is stored; done when it is on the disk. */
export async function writeSession(session: StoredSession): Promise<void> {
  const db = await open();
  const key = (await db.get("keys", "session")) ?? (await newKey(db));
  const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
  const plain = new TextEncoder().encode(JSON.stringify(session));
  const data = await crypto.subtle.encrypt({ name: ALGORITHM, iv }, key, plain);
  const writing = db.transaction("encrypted", "readwrite", { durability: "strict" });
  await Promise.all([writing.store.put({ iv, data }, "session"), writing.done]);
}

/** Removes the session and its key. */
export async function clearSession(): Promise<void> {
  const db = await open();
  const clearing = db.transaction(["keys", "encrypted"], "readwrite", { durability: "strict" });
  await Promise.all([
    clearing.objectStore("keys").clear(),
    clearing.objectStore("encrypted").clear(),
    clearing.done,
  ]);
}

async function newKey(db: IDBPDatabase<Vault>): Promise<CryptoKey> {
  const key = await crypto.subtle.generateKey({ name: ALGORITHM, length: 256 }, false, [
    "encrypt",
    "decrypt",
  ]);
  await db.put("keys", key, "session");
  return key;
}
