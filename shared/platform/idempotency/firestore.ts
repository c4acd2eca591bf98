/**
 * `Idempotency-Key` for routes that write to Firestore: the answer is stored in the transaction of what it tells of, so a repeated
 * request finds both or neither. The same rules as for SQL (`shared/platform/idempotency/sql.ts`).
 */
import { createHash } from "node:crypto";
import type { DocumentSnapshot, Firestore, Transaction } from "@google-cloud/firestore";
import { plusSeconds } from "../clock.ts";
import { errors } from "../errors.ts";
import { type IdempotencyRecord, idempotencySchema } from "./record.ts";
import { canonicalJson, IDEMPOTENCY_HOURS, type KeyedRequest, type StoredAnswer } from "./sql.ts";

/** The document of a keyed request. Two requests share it exactly if caller, route and key are the same. */
export function recordDocument(
  firestore: Firestore,
  { caller, route, key }: Pick<KeyedRequest, "caller" | "route"> & { key: string },
) {
  const id = createHash("sha256")
    .update(JSON.stringify([caller, route, key]))
    .digest("hex");
  return firestore.doc(`idempotency/${id}`);
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
  snapshot: DocumentSnapshot,
  request: Pick<KeyedRequest, "body" | "now">,
): IdempotencyRecord | undefined {
  if (!snapshot.exists) return undefined;
  const record = idempotencySchema.parse(snapshot.data());
  if (record.expiresAt <= request.now) return undefined;
  if (record.bodyHash !== bodyHash(request.body)) {
    throw errors.idempotencyKeyReused();
  }
  return record;
}

/** Where a request's answer is kept, and the answer if there is one; neither for a request without a key. */
export async function findAnswer(
  firestore: Firestore,
  request: KeyedRequest,
): Promise<{ snapshot?: DocumentSnapshot; answer?: StoredAnswer }> {
  const { key } = request;
  if (key === undefined) return {};
  const snapshot = await recordDocument(firestore, { ...request, key }).get();
  const record = recordOf(snapshot, request);
  return record?.type === "answer" ? { snapshot, answer: record } : { snapshot };
}

/**
 * Puts an answer on record, in the transaction of what it tells of; the transaction conflicts if the same request was answered
 * meanwhile. The record isn't read in the transaction: a hundred that come at once would lock each other out.
 */
export function storeAnswer(
  transaction: Transaction,
  snapshot: DocumentSnapshot,
  request: KeyedRequest,
  answer: StoredAnswer,
): void {
  const record = {
    type: "answer",
    caller: request.caller,
    bodyHash: bodyHash(request.body),
    status: answer.status,
    headers: { ...answer.headers },
    body: answer.body,
    expiresAt: recordExpiry(request.now),
  } satisfies IdempotencyRecord;
  const { ref, updateTime } = snapshot;
  // One whose day is over may still be there.
  if (updateTime) transaction.update(ref, record, { lastUpdateTime: updateTime });
  else transaction.create(ref, record);
}
