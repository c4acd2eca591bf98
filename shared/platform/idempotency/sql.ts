/**
 * `Idempotency-Key` for routes that write to SQL: the answer is stored in the transaction of what it created, so a repeated
 * request finds both or neither. The rules follow draft-ietf-httpapi-idempotency-key-header.
 */
import { createHash } from "node:crypto";
import { z } from "zod";
import { errors, ReverieError } from "../errors.ts";
import type { Sql } from "../sql/pool.ts";

/** How long an answer is kept for its key. */
export const IDEMPOTENCY_HOURS = 24;

/** The header's value: any visible ASCII text that fits. */
export const idempotencyKeySchema = z
  .string()
  .regex(/^[\x21-\x7e]{1,255}$/, "expected 1 to 255 visible ASCII characters");

/** An answer as it is stored and sent: `body` is the exact JSON text. Must hold no token and no signed URL. */
export interface StoredAnswer {
  readonly status: 200 | 201 | 202;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface KeyedRequest {
  readonly caller: string;
  /** Method and pattern, such as `POST /v1/badges`; with the ids of the path, where it has some. */
  readonly route: string;
  /** Undefined when the caller sent none: then the work is simply done. */
  readonly key: string | undefined;
  /** The parsed body; the order of its fields doesn't matter. */
  readonly body: unknown;
  readonly now: Date;
}

/**
 * Does `work` at most once per caller, route and key within 24 hours. The same body gets the first answer again, byte for byte;
 * requests that come at the same time wait for the first one's transaction. What `work` throws rolls everything back and is not
 * stored; an error it *returns* is not stored either, but what it wrote so far (a counted try, say) is kept.
 * @param sql a transaction
 * @throws `idempotency_key_reused` when the key came with another body before
 */
export function idempotent(
  sql: Sql,
  request: KeyedRequest,
  work: () => Promise<StoredAnswer>,
): Promise<StoredAnswer>;
export function idempotent(
  sql: Sql,
  request: KeyedRequest,
  work: () => Promise<StoredAnswer | ReverieError>,
): Promise<StoredAnswer | ReverieError>;
export async function idempotent(
  sql: Sql,
  request: KeyedRequest,
  work: () => Promise<StoredAnswer | ReverieError>,
): Promise<StoredAnswer | ReverieError> {
  if (request.key === undefined) return work();
  const bodyHash = createHash("sha256").update(canonicalJson(request.body)).digest();
  // A lock of its own statement: the next one must see what the holder before us committed.
  await sql.query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", [
    JSON.stringify(["idempotency", request.caller, request.route, request.key]),
  ]);
  const earlier = await storedAnswer(sql, request);
  if (earlier) {
    if (bodyHash.equals(earlier.bodyHash)) return earlier.answer;
    throw errors.idempotencyKeyReused();
  }
  const outcome = await work();
  if (!(outcome instanceof ReverieError)) await storeAnswer(sql, request, bodyHash, outcome);
  return outcome;
}

/** Forgets answers whose time is over, at most `limit` of them. @returns how many */
export async function purgeIdempotencyKeys(sql: Sql, now: Date, limit = 10_000): Promise<number> {
  const { rowCount } = await sql.query(
    `DELETE FROM idempotency_keys WHERE ctid IN
       (SELECT ctid FROM idempotency_keys WHERE expires_at <= $1 LIMIT $2 FOR UPDATE SKIP LOCKED)`,
    [now, limit],
  );
  return rowCount ?? 0;
}

async function storedAnswer(
  sql: Sql,
  { caller, route, key, now }: KeyedRequest,
): Promise<{ bodyHash: Buffer; answer: StoredAnswer } | undefined> {
  const { rows } = await sql.query<{
    body_hash: Buffer;
    status: StoredAnswer["status"];
    headers: Record<string, string>;
    body: string;
  }>(
    `SELECT body_hash, status, headers, body FROM idempotency_keys
     WHERE caller = $1 AND route = $2 AND key = $3 AND expires_at > $4`,
    [caller, route, key, now],
  );
  const row = rows[0];
  return (
    row && { bodyHash: row.body_hash, answer: { status: row.status, headers: row.headers, body: row.body } }
  );
}

async function storeAnswer(
  sql: Sql,
  { caller, route, key, now }: KeyedRequest,
  bodyHash: Buffer,
  answer: StoredAnswer,
): Promise<void> {
  await sql.query(
    `INSERT INTO idempotency_keys (caller, route, key, body_hash, status, headers, body, expires_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8::timestamptz + make_interval(hours => $9))
     ON CONFLICT (caller, route, key) DO UPDATE SET
       body_hash = excluded.body_hash, status = excluded.status, headers = excluded.headers,
       body = excluded.body, expires_at = excluded.expires_at`,
    [
      caller,
      route,
      key,
      bodyHash,
      answer.status,
      JSON.stringify(answer.headers ?? {}),
      answer.body,
      now,
      IDEMPOTENCY_HOURS,
    ],
  );
}

/** JSON with the fields of every object in order, so that two spellings of one body hash alike. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value ?? null, (_key, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
