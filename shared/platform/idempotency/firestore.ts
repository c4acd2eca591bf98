/**
 * `Idempotency-Key` for routes that write to Firestore: the answer is committed with the change that it reports, so a repeated request finds both
 * or neither. The same rules as for SQL (`shared/platform/idempotency/sql.ts`).
 */
import { createHash } from "node:crypto";
import type { DocumentSnapshot, Firestore } from "@google-cloud/firestore";
import { plusSeconds } from "../clock.ts";
import { errors } from "../errors.ts";
import { type IdempotencyRecord, recordsOf } from "./record.ts";
import { canonicalJson, IDEMPOTENCY_HOURS, type KeyedRequest, type StoredAnswer } from "./sql.ts";

/** The document id of a keyed request's record. Two requests share it exactly if caller, route and key are the same. */
export function recordId({
  caller,
  route,
  key,
}: Pick<KeyedRequest, "caller" | "route"> & { readonly key: string }): string {
  return createHash("sha256")
    .update(JSON.stringify([caller, route, key]))
    .digest("hex");
}

export function bodyHash(body: unknown): string {
  return createHash("sha256").update(canonicalJson(body)).digest("hex");
}

/** Until when a record made now is kept. */
export function recordExpiry(now: Date): Date {
  return plusSeconds(now, IDEMPOTENCY_HOURS * 3600);
}

/**
 * What is on record for a request; undefined when there is nothing, or something whose time is over (Firestore removes it late).
 * @throws `idempotency_key_reused` when the key came with another body
 */
export function recordOf(
  snapshot: DocumentSnapshot<IdempotencyRecord>,
  request: Pick<KeyedRequest, "body" | "now">,
): IdempotencyRecord | undefined {
  const record = snapshot.data();
  if (!record || record.expiresAt <= request.now) return undefined;
  if (record.bodyHash !== bodyHash(request.body)) {
    throw errors.idempotencyKeyReused();
  }
  return record;
}

/** Where a request's answer is kept; undefined for a request without a key. */
export function answerReference(firestore: Firestore, { caller, route, key }: KeyedRequest) {
  return key === undefined ? undefined : recordsOf(firestore).doc(recordId({ caller, route, key }));
}

/**
 * The answer in its document, if there is one.
 * @throws `idempotency_key_reused` when the key came with another body
 */
export function answerIn(
  snapshot: DocumentSnapshot<IdempotencyRecord>,
  request: Pick<KeyedRequest, "body" | "now">,
): StoredAnswer | undefined {
  const record = recordOf(snapshot, request);
  return record?.type === "answer" ? record : undefined;
}

/** Where a request's answer is kept, and the answer if there is one; neither for a request without a key. */
export async function findAnswer(
  firestore: Firestore,
  request: KeyedRequest,
): Promise<{ snapshot?: DocumentSnapshot<IdempotencyRecord>; answer?: StoredAnswer }> {
  const snapshot = await answerReference(firestore, request)?.get();
  if (!snapshot) return {};
  const answer = answerIn(snapshot, request);
  return answer ? { snapshot, answer } : { snapshot };
}

/** The record of an answer, to be committed with the change that it reports, if the record's document is as `findAnswer` has found it. */
export function answerRecord(request: KeyedRequest, answer: StoredAnswer): IdempotencyRecord {
  return {
    type: "answer",
    caller: request.caller,
    bodyHash: bodyHash(request.body),
    status: answer.status,
    headers: { ...answer.headers },
    body: answer.body,
    expiresAt: recordExpiry(request.now),
  };
}
