/**
 * `quarantine/{jobId}`: a result document that could not be read, with the reason and what it held, until it can be read or is gone.
 * One document per result, always about its newest version.
 */
import type { Firestore } from "@google-cloud/firestore";
import { Timestamp } from "@google-cloud/firestore";
import { z } from "zod";
import type { ObjectStore } from "../cloud/objects.ts";
import { timestamp } from "../documents/timestamp.ts";
import type { Unreadable } from "./readResult.ts";
import type { Version } from "./version.ts";

/** A Firestore document holds one mebibyte; a payload that isn't surely smaller goes to storage. */
const INLINE_BYTES = 256 * 1024;

export const quarantineSchema = z.object({
  jobId: z.string(),
  version: z.string(),
  code: z.string(),
  detail: z.string(),
  /** The document as JSON; null when it was too large for here. */
  payload: z.string().nullable(),
  /** Object in the bucket of resources that holds the payload instead. */
  payloadObject: z.string().nullable(),
  /** The group the document claims, for erasure; null when it claims none. */
  groupId: z.string().nullable(),
  putAsideAt: timestamp,
});
export type Quarantined = z.infer<typeof quarantineSchema>;

export interface QuarantineDeps {
  readonly firestore: Firestore;
  readonly objects: ObjectStore;
}

/** Puts a document aside. Repeating it for the same version writes the same. */
export async function putAside(
  entry: { jobId: string; version: Version; why: Unreadable; data: Record<string, unknown>; now: Date },
  deps: QuarantineDeps,
): Promise<void> {
  const payload = payloadJson(entry.data);
  const large = Buffer.byteLength(payload) > INLINE_BYTES;
  const payloadObject = large ? `quarantine/${entry.jobId}/${entry.version}.json` : null;
  if (payloadObject !== null)
    await deps.objects.write(payloadObject, Buffer.from(payload), "application/json");
  await deps.firestore.doc(`quarantine/${entry.jobId}`).set({
    jobId: entry.jobId,
    version: entry.version,
    code: entry.why.code,
    detail: entry.why.detail,
    payload: large ? null : payload,
    payloadObject,
    groupId: typeof entry.data.groupId === "string" ? entry.data.groupId : null,
    putAsideAt: entry.now,
  } satisfies Quarantined);
}

/** Forgets what was put aside for a result, payload first; there may be nothing to forget. */
export async function takeBack(jobId: string, deps: QuarantineDeps): Promise<void> {
  for await (const object of deps.objects.list(`quarantine/${jobId}/`))
    await deps.objects.remove(object.name);
  await deps.firestore.doc(`quarantine/${jobId}`).delete();
}

/** Firestore's own types as readable text, so that nothing of a document is lost to JSON. */
function payloadJson(data: Record<string, unknown>): string {
  return JSON.stringify(data, function (this: Record<string, unknown>, key, value: unknown) {
    const original = this[key]; // before Timestamp's or Buffer's own toJSON
    if (original instanceof Timestamp) return { $timestamp: original.toDate().toISOString() };
    if (original instanceof Uint8Array) return { $bytes: Buffer.from(original).toString("base64") };
    if (typeof original === "number" && !Number.isFinite(original)) return { $number: String(original) };
    return value;
  });
}
