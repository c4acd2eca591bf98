/** Sessions: one sign-in on one device, and the family of refresh tokens that it lives by. */
import { z } from "@hono/zod-openapi";
import { plusSeconds } from "#shared/platform/clock.ts";
import { errors, type ReverieError } from "#shared/platform/errors.ts";
import { versionColumn } from "#shared/platform/firestore/version.ts";
import type { AccessClaims } from "#shared/platform/http/accessToken.ts";
import type { Keyset } from "#shared/platform/http/cursor.ts";
import type { Sql } from "#shared/platform/sql/pool.ts";
import { ABSOLUTE_DAYS, IDLE_DAYS, tokenHash } from "./refreshToken.ts";

const DAY = 86_400;
const visible = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .refine((text) => !/[\p{Cc}\p{Cs}]/u.test(text), "expected text without control characters");

/** What a phone may say of itself, so that a person recognises it in the list of sessions. */
export const deviceSchema = z
  .strictObject({
    id: visible(128).optional(),
    name: visible(100).optional(),
    platform: z.enum(["ios", "android", "web"]).optional(),
  })
  .openapi("Device");
export type Device = z.infer<typeof deviceSchema>;

/** When a token that is issued now ends, if it stays unused. */
export function idleExpiry(now: Date, sessionExpiresAt: Date): Date {
  const idle = plusSeconds(now, IDLE_DAYS * DAY);
  return idle < sessionExpiresAt ? idle : sessionExpiresAt;
}

/** Begins a session with its first refresh token. */
export async function beginSession(
  sql: Sql,
  session: {
    readonly id: string;
    readonly userId: string;
    readonly provider: "google" | "firebase";
    readonly device: Device | undefined;
    readonly refreshToken: string;
  },
  now: Date,
): Promise<void> {
  const { id, userId, provider, device, refreshToken } = session;
  const expiresAt = plusSeconds(now, ABSOLUTE_DAYS * DAY);
  await sql.query(
    `INSERT INTO sessions
       (id, user_id, provider, device_id, device_name, device_platform, created_at, last_used_at, expires_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8)`,
    [
      id,
      userId,
      provider,
      device?.id ?? null,
      device?.name ?? null,
      device?.platform ?? null,
      now,
      expiresAt,
    ],
  );
  await sql.query(
    `INSERT INTO refresh_tokens (token_hash, session_id, generation, issued_at, expires_at)
     VALUES ($1, $2, 0, $3, $4)`,
    [tokenHash(refreshToken), id, now, idleExpiry(now, expiresAt)],
  );
}

export interface SessionRow {
  readonly id: string;
  readonly device_id: string | null;
  readonly device_name: string | null;
  readonly device_platform: "ios" | "android" | "web" | null;
  readonly created_at: Date;
  /** To the microsecond, for the cursor. */
  readonly created_exactly: string;
  readonly last_used_at: Date;
}

/** A person's sessions that can still be refreshed, newest first; one more than `limit`, if there are more. */
export async function sessionsOf(
  sql: Sql,
  userId: string,
  page: { limit: number; after: Keyset | undefined },
  now: Date,
): Promise<SessionRow[]> {
  const { rows } = await sql.query<SessionRow & Record<string, unknown>>(
    `SELECT id, device_id, device_name, device_platform, created_at, last_used_at,
            ${versionColumn("created_at")} AS created_exactly
     FROM sessions
     WHERE user_id = $1 AND ended_at IS NULL AND expires_at > $2 AND last_used_at > $3
       AND (created_at, id) < (coalesce($4::timestamptz, 'infinity'), $5::text)
     ORDER BY created_at DESC, id DESC LIMIT $6`,
    [
      userId,
      now,
      plusSeconds(now, -IDLE_DAYS * DAY),
      page.after?.[0] ?? null,
      page.after?.[1] ?? null,
      page.limit + 1,
    ],
  );
  return rows;
}

/**
 * Ends a session of this person.
 * @returns `ended`; `over` when it was ended before; `unknown` when this person has no such session
 */
export async function endSession(
  sql: Sql,
  userId: string,
  sessionId: string,
  now: Date,
): Promise<"ended" | "over" | "unknown"> {
  const { rowCount } = await sql.query(
    `UPDATE sessions SET ended_at = $3, end_reason = 'signed_out' WHERE id = $1 AND user_id = $2 AND ended_at IS NULL`,
    [sessionId, userId, now],
  );
  if (rowCount) return "ended";
  const { rowCount: there } = await sql.query("SELECT FROM sessions WHERE id = $1 AND user_id = $2", [
    sessionId,
    userId,
  ]);
  return there ? "over" : "unknown";
}

/**
 * Ends all of a person's sessions.
 * @returns their ids
 */
export async function endAllSessions(sql: Sql, userId: string, now: Date): Promise<string[]> {
  const { rows } = await sql.query<{ id: string }>(
    `UPDATE sessions SET ended_at = $2, end_reason = 'signed_out' WHERE user_id = $1 AND ended_at IS NULL RETURNING id`,
    [userId, now],
  );
  return rows.map(({ id }) => id);
}

/**
 * Marks a session that lives as one that may have a document in Firestore.
 * @returns when a listener of it ends at the latest
 * @throws `token_invalid` when the session has ended or the account is gone
 */
export async function markListening(sql: Sql, account: AccessClaims, now: Date): Promise<Date> {
  const { rows } = await sql.query<{ expires_at: Date }>(
    `UPDATE sessions SET listening = true WHERE id = $1 AND user_id = $2 AND ended_at IS NULL AND expires_at > $3
     RETURNING expires_at`,
    [account.sessionId, account.userId, now],
  );
  if (!rows[0]) throw sessionEnded();
  return idleExpiry(now, rows[0].expires_at);
}

/**
 * An access token is believed until it expires, wherever that is enough. Where it isn't (handing out another credential, ending
 * sessions) the session itself is asked.
 * @throws `token_invalid` when the session has ended or the account is gone
 */
export async function requireLiveSession(sql: Sql, account: AccessClaims, now: Date): Promise<void> {
  const { rowCount } = await sql.query(
    "SELECT FROM sessions WHERE id = $1 AND user_id = $2 AND ended_at IS NULL AND expires_at > $3",
    [account.sessionId, account.userId, now],
  );
  if (!rowCount) throw sessionEnded();
}

function sessionEnded(): ReverieError {
  return errors.tokenInvalid("this session has ended");
}
