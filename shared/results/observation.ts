/** Looking at a result's document in Firestore: what is there, as of which version, and whether it can be read. */
import type { DocumentSnapshot, Firestore } from "@google-cloud/firestore";
import type { Kinds } from "../kinds/index.ts";
import { type Version, versionOf } from "../platform/firestore/version.ts";
import type { ObjectStore } from "../platform/storage/objectStore.ts";
import type { Seen } from "./decide.ts";
import { missingFile, readResult, type Unreadable } from "./readResult.ts";
import type { Result } from "./resultDocument.ts";

/** A document as it was at one moment: none, one that can be read, or one that can't and why. */
export type Sighting =
  | { readonly version: Version; readonly data: undefined }
  | { readonly version: Version; readonly data: Record<string, unknown>; readonly result: Result }
  | { readonly version: Version; readonly data: Record<string, unknown>; readonly why: Unreadable };

export interface SightingDeps {
  readonly firestore: Firestore;
  /** The bucket of resources. */
  readonly objects: ObjectStore;
  readonly kinds: Kinds;
}

/** What a snapshot says by itself, without a look at the files. What is gone counts with the time it was read. */
export function sightingOf(jobId: string, snapshot: DocumentSnapshot, kinds: Kinds): Sighting {
  const data = snapshot.data();
  if (data === undefined || snapshot.updateTime === undefined)
    return { version: versionOf(snapshot.readTime), data: undefined };
  const version = versionOf(snapshot.updateTime);
  const reading = readResult(jobId, data, kinds);
  return reading.ok ? { version, data, result: reading.result } : { version, data, why: reading.why };
}

/** The same sighting once its files were looked for: a result whose files aren't there as it says is unreadable. */
export async function withFiles(sighting: Sighting, objects: ObjectStore): Promise<Sighting> {
  if (sighting.data === undefined || !("result" in sighting)) return sighting;
  const why = await missingFile(sighting.result, objects);
  return why ? { version: sighting.version, data: sighting.data, why } : sighting;
}

export function seenOf(sighting: Sighting): Seen {
  return { present: sighting.data !== undefined, version: sighting.version };
}
