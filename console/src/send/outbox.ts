/**
 * What this browser is sending, kept in IndexedDB: a reload or a crash loses nothing but the file itself, when the browser gives no handle
 * of it. Photos are kept whole; a film is only referred to.
 */
import { type DBSchema, type IDBPDatabase, openDB } from "idb";

/** One file of a draft. */
export interface DraftFile {
  readonly name: string;
  readonly size: number;
  readonly lastModified: number;
  readonly contentType: string;
  /** The content, when it is small; or how the browser finds it again. */
  readonly content: Blob | FileSystemFileHandle | undefined;
  readonly uploadId: string | undefined;
  /** The URI of the resumable session. */
  readonly session: string | undefined;
  /** Cloud Storage has all of it. */
  readonly sent: boolean;
}

/** A memory that is being sent. */
export interface Draft {
  readonly id: string;
  readonly userId: string;
  /** Of the space that it is sent for; absent in a draft that an earlier version of this page has kept. */
  readonly spaceId?: string;
  readonly kind: "scene" | "avatar";
  readonly title: string;
  readonly params: Readonly<Record<string, string>>;
  /** By the role that the kind gives them. */
  readonly files: Readonly<Record<string, DraftFile>>;
  readonly createdAt: number;
}

interface Outbox extends DBSchema {
  drafts: { key: string; value: Draft };
}

let opened: Promise<IDBPDatabase<Outbox>> | undefined;

function open(): Promise<IDBPDatabase<Outbox>> {
  opened ??= openDB<Outbox>("reverie-outbox", 1, {
    upgrade(db) {
      db.createObjectStore("drafts", { keyPath: "id" });
    },
    terminated() {
      opened = undefined;
    },
  });
  return opened;
}

/** The drafts of a person, the oldest first. */
export async function draftsOf(userId: string): Promise<Draft[]> {
  const drafts = await (await open()).getAll("drafts");
  return drafts.filter((draft) => draft.userId === userId).sort((a, b) => a.createdAt - b.createdAt);
}

export async function getDraft(id: string): Promise<Draft | undefined> {
  return (await open()).get("drafts", id);
}

export async function putDraft(draft: Draft): Promise<void> {
  await (await open()).put("drafts", draft);
}

export async function removeDraft(id: string): Promise<void> {
  await (await open()).delete("drafts", id);
}
