/**
 * Refresh tokens: what they look like, how the successor is derived, and what a token that comes a second time means. Pure; the store
 * around it is `refresh.ts`.
 *
 * A family is a chain t0 → t1 → …, where t(n+1) = HMAC-SHA-256(key, tn, attempt key). The server keeps hashes only, and still can
 * give the same successor again when a phone asks again, because the phone brings what the successor is derived from.
 */
import { createHash, createHmac, timingSafeEqual } from "node:crypto";

/** Days after which an unused token is over. */
export const IDLE_DAYS = 60;
/** Days after which a session ends, also when it was refreshed until then. */
export const ABSOLUTE_DAYS = 365;

/** The prefix lets secret scanners find a leaked one; then 256 bits in base64url. */
const FORMAT = /^rvr_[A-Za-z0-9_-]{43}$/;

/** A token made of 32 random or derived bytes. */
export function refreshTokenOf(bytes: Buffer): string {
  return `rvr_${bytes.toString("base64url")}`;
}

/** Whether the text can be a refresh token at all. */
export function looksLikeRefreshToken(text: string): boolean {
  return FORMAT.test(text);
}

/** What the database keeps of a token. It has 256 random bits, so a plain hash can't be reversed. */
export function tokenHash(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}

/** What the database keeps of an attempt key; bound to the token, so that one key with two tokens makes two hashes. */
export function attemptHash(token: string, attemptKey: string): Buffer {
  return createHash("sha256").update(`attempt\n${token}\n${attemptKey}`).digest();
}

/** The one successor of a token that is spent with this attempt key. */
export function successorOf(token: string, attemptKey: string, key: Buffer): string {
  return refreshTokenOf(createHmac("sha256", key).update(`successor\n${token}\n${attemptKey}`).digest());
}

/** What the store knows of a token that was presented, read under the family's lock. */
export interface PresentedToken {
  readonly expiresAt: Date;
  /** The attempt hash it was spent with; null while unspent. */
  readonly spentWith: Buffer | null;
  readonly successorSpent: boolean;
  readonly sessionExpiresAt: Date;
  readonly sessionEnd: "signed_out" | "token_reused" | null;
}

/**
 * - `rotate`: unspent; it is spent now and its successor begins.
 * - `repeat`: spent with this very key and the successor unused: the same answer again.
 * - `spent`: spent with this very key, but the successor is in use: the phone's own late duplicate. Ends nothing.
 * - `reused`: spent with another key: two parties hold the token. Ends the family.
 * - `ended`: the family was ended by a reuse before.
 * - `invalid`: expired or signed out.
 */
export type Verdict = "rotate" | "repeat" | "spent" | "reused" | "ended" | "invalid";

/** What is to be done with a token that is presented with an attempt key. */
export function judge(token: PresentedToken, attempt: Buffer, now: Date): Verdict {
  if (token.sessionEnd === "token_reused") return "ended";
  if (token.sessionEnd !== null) return "invalid";
  if (now >= token.expiresAt || now >= token.sessionExpiresAt) return "invalid";
  if (token.spentWith === null) return "rotate";
  if (!timingSafeEqual(token.spentWith, attempt)) return "reused";
  return token.successorSpent ? "spent" : "repeat";
}
