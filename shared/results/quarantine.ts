/**
 * Putting result documents into quarantine and removing them from it. One entry per result, always about its newest version: each write
 * depends on the entry as it was read, so that a slow reader of an old version can't replace or remove the entry of a newer one.
 */
import { createHash } from "node:crypto";
import {
  type CollectionReference,
  DocumentReference,
  FieldPath,
  type Firestore,
  GeoPoint,
  Timestamp,
  VectorValue,
} from "@google-cloud/firestore";
import { retryConflicts } from "../platform/firestore/retryConflicts.ts";
import { type Version, versionOf } from "../platform/firestore/version.ts";
import { base32 } from "../platform/ids.ts";
import type { Sql } from "../platform/sql/pool.ts";
import type { ObjectStore } from "../platform/storage/objectStore.ts";
import { quarantineOf } from "./quarantineDocument.ts";
import { claimedSpace, type Unreadable } from "./readResult.ts";

/** A Firestore document holds one mebibyte; a payload that isn't surely smaller goes to storage. */
const INLINE_BYTES = 256 * 1024;
const PAGE = 300;

export interface QuarantineDeps {
  readonly firestore: Firestore;
  readonly objects: ObjectStore;
}

/**
 * Puts a document into quarantine, unless its result's entry is about a newer version. Repeating it writes nothing, except a payload
 * that a crash left unwritten.
 * @returns whether the entry is about this version now
 */
export function enterQuarantine(
  entry: { jobId: string; version: Version; why: Unreadable; data: Record<string, unknown>; now: Date },
  deps: QuarantineDeps,
): Promise<boolean> {
  const { jobId, version, why, data, now } = entry;
  const payload = payloadJson(data);
  const object = Buffer.byteLength(payload) > INLINE_BYTES ? payloadObjectOf(jobId, version) : null;
  const content = {
    jobId,
    version,
    code: why.code,
    detail: why.detail,
    payload: object === null ? payload : null,
    payloadObject: object,
    spaceId: claimedSpace(data) ?? null,
    quarantinedAt: now,
  };
  return retryConflicts(async () => {
    const document = rawEntry(jobId, deps.firestore);
    const current = await document.get();
    const before = current.exists ? String(current.get("version")) : "";
    if (before > version) return false;
    // The document goes first: wherever this stops, an object that is there is named by a document.
    if (before !== version || current.get("code") !== why.code) {
      if (current.updateTime) await document.update(content, { lastUpdateTime: current.updateTime });
      else await document.create(content);
      await removePayloads(jobId, deps.objects, (of) => of < version);
    }
    if (object !== null) await deps.objects.write(object, Buffer.from(payload), "application/json");
    return true;
  });
}

/**
 * Removes a result's entry from quarantine, payload first; there may be none.
 * @param isOver says of an entry's version whether it goes; every one does unless given
 */
export function leaveQuarantine(
  jobId: string,
  deps: QuarantineDeps,
  isOver: (version: string) => boolean = () => true,
): Promise<void> {
  return retryConflicts(async () => {
    const document = rawEntry(jobId, deps.firestore);
    const current = await document.get();
    if (!current.updateTime || !isOver(String(current.get("version")))) return;
    await removePayloads(jobId, deps.objects, isOver);
    await document.delete({ lastUpdateTime: current.updateTime });
  });
}

function rawEntry(jobId: string, firestore: Firestore): DocumentReference {
  const raw: CollectionReference = quarantineOf(firestore).withConverter(null); // also one that can't be read goes
  return raw.doc(jobId);
}

async function removePayloads(
  jobId: string,
  objects: ObjectStore,
  isOver: (version: string) => boolean,
): Promise<void> {
  const prefix = payloadObjectOf(jobId, "");
  for await (const { name } of objects.list(prefix))
    if (isOver(name.slice(prefix.length))) await objects.remove(name);
}

/** The version of a result that is in quarantine, or undefined when none is. */
export async function quarantinedVersion(jobId: string, firestore: Firestore): Promise<string | undefined> {
  const snapshot = await quarantineOf(firestore).doc(jobId).get();
  return snapshot.exists ? String(snapshot.get("version")) : undefined;
}

/** Results with an entry in quarantine that SQL doesn't call quarantined: a crash between the two left it. */
export async function* strayQuarantine(sql: Sql, firestore: Firestore): AsyncGenerator<string> {
  const byName = quarantineOf(firestore).orderBy(FieldPath.documentId()).select().limit(PAGE);
  for (let page = await byName.get(); ; ) {
    const ids = page.docs.map((document) => document.id);
    const { rows } = await sql.query<{ job_id: string }>(
      "SELECT job_id FROM result_versions WHERE job_id = ANY($1) AND state = 'quarantined'",
      [ids.filter((id) => !id.includes("\0"))], // of those SQL can know nothing
    );
    const known = new Set(rows.map((row) => row.job_id));
    yield* ids.filter((id) => !known.has(id));
    const last = page.docs.at(-1);
    if (!last || page.size < PAGE) return;
    page = await byName.startAfter(last).get();
  }
}

/** An object for each version of a result; an id made by someone else may be longer than an object's name can be. */
function payloadObjectOf(jobId: string, version: string): string {
  return `quarantine/${base32(createHash("sha256").update(jobId).digest())}/${version}`;
}

/** Firestore's own types as readable text, so that nothing of a document is lost to JSON. */
function payloadJson(data: Record<string, unknown>): string {
  return JSON.stringify(data, function (this: Record<string, unknown>, key, value: unknown) {
    const original = this[key]; // before Timestamp's or Buffer's own toJSON
    if (original instanceof Timestamp) return { $timestamp: versionOf(original) };
    if (original instanceof Uint8Array) return { $bytes: Buffer.from(original).toString("base64") };
    if (original instanceof GeoPoint) return { $place: [original.latitude, original.longitude] };
    if (original instanceof DocumentReference) return { $reference: original.path };
    if (original instanceof VectorValue) return { $vector: original.toArray() };
    if (typeof original === "number" && !Number.isFinite(original)) return { $number: String(original) };
    return value;
  });
}
