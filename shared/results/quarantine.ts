/**
 * Putting result documents into quarantine and removing them from it. One entry per result, always about its newest version. Written
 * under the result's lock only, so that a slow reader of an old version can't replace or remove the entry of a newer one.
 */
import { createHash } from "node:crypto";
import {
  DocumentReference,
  FieldPath,
  type Firestore,
  GeoPoint,
  Timestamp,
  VectorValue,
} from "@google-cloud/firestore";
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

/** Puts a document into quarantine. Repeating it for the same version writes the same. The caller holds the result's lock. */
export async function enterQuarantine(
  entry: { jobId: string; version: Version; why: Unreadable; data: Record<string, unknown>; now: Date },
  deps: QuarantineDeps,
): Promise<void> {
  const payload = payloadJson(entry.data);
  const large = Buffer.byteLength(payload) > INLINE_BYTES;
  const object = payloadObjectOf(entry.jobId);
  // The document goes first: wherever this stops, an object that is there is named by a document.
  await quarantineOf(deps.firestore)
    .doc(entry.jobId)
    .set({
      jobId: entry.jobId,
      version: entry.version,
      code: entry.why.code,
      detail: entry.why.detail,
      payload: large ? null : payload,
      payloadObject: large ? object : null,
      spaceId: claimedSpace(entry.data) ?? null,
      quarantinedAt: entry.now,
    });
  await deps.objects.remove(object);
  if (large) await deps.objects.write(object, Buffer.from(payload), "application/json");
}

/** Removes a result's entry from quarantine, payload first; there may be none. The caller holds the result's lock. */
export async function leaveQuarantine(jobId: string, deps: QuarantineDeps): Promise<void> {
  const document = quarantineOf(deps.firestore).doc(jobId);
  const snapshot = await document.get();
  if (!snapshot.exists) return;
  await deps.objects.remove(payloadObjectOf(jobId));
  await document.delete();
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

/** One object per result; an id made by someone else may be longer than an object's name can be. */
function payloadObjectOf(jobId: string): string {
  return `quarantine/${base32(createHash("sha256").update(jobId).digest())}.json`;
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
