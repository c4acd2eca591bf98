/**
 * The one-time code that ends the browser flow. It travels in an app link, which other apps on the phone may catch (RFC 8252, section 8.1),
 * so it is worth nothing without the verifier of the app that began.
 */
import { createHash } from "node:crypto";
import { plusSeconds } from "#shared/platform/clock.ts";
import { errors } from "#shared/platform/errors.ts";
import type { RandomBytes } from "#shared/platform/ids.ts";
import { readAddress } from "#shared/platform/mail/address.ts";
import type { Sql } from "#shared/platform/sql/pool.ts";
import type { Identity } from "./identity.ts";
import { challengeOf } from "./pkce.ts";

export const CODE_SECONDS = 60;

/** Makes a code for this identity, bound to the app's challenge. Until it is redeemed there is no account and no session. */
export async function issueCode(
  sql: Sql,
  { identity, challenge }: { identity: Identity; challenge: string },
  { now, randomBytes }: { now: Date; randomBytes: RandomBytes },
): Promise<string> {
  const code = randomBytes(32).toString("base64url");
  await sql.query(
    `INSERT INTO sign_in_codes (code_hash, challenge, subject, email, name, expires_at) VALUES ($1, $2, $3, $4, $5, $6)`,
    [
      hashOf(code),
      challenge,
      identity.subject,
      identity.email?.written,
      identity.name,
      plusSeconds(now, CODE_SECONDS),
    ],
  );
  return code;
}

/**
 * Redeems a code: once, within its minute, by the app that began. An attempt with another verifier takes nothing, so an app that caught
 * the link can't spoil the sign-in either; there is nothing to guess in 256 bits.
 * @param sql the transaction of the sign-in, so that a sign-in that fails leaves the code to be used
 * @throws `sign_in_code_rejected`, the same for each cause
 */
export async function redeemCode(
  sql: Sql,
  { code, codeVerifier }: { code: string; codeVerifier: string },
  now: Date,
): Promise<Identity> {
  const { rows } = await sql.query<{ subject: string; email: string; name: string | null }>(
    `DELETE FROM sign_in_codes WHERE code_hash = $1 AND challenge = $2 AND expires_at > $3 RETURNING subject, email, name`,
    [hashOf(code), challengeOf(codeVerifier), now],
  );
  const row = rows[0];
  if (!row) {
    throw errors.signInCodeRejected("the code is unknown, used or expired, or the verifier is not its own");
  }
  const email = readAddress(row.email) ?? null;
  return {
    provider: "google",
    ...row,
    email,
    emailVerified: email !== null,
    secondHand: false,
    firebaseUid: null,
  };
}

function hashOf(code: string): Buffer {
  return createHash("sha256").update(code).digest();
}
