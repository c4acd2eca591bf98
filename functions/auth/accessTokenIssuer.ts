import { type CryptoKey, importJWK, SignJWT } from "jose";
import { z } from "zod";
import type { SettingsOf } from "#shared/platform/config/settings.ts";
import {
  ACCESS_TOKEN_AUDIENCE,
  ACCESS_TOKEN_SECONDS,
  type AccessClaims,
} from "#shared/platform/http/accessToken.ts";
import type { NewId } from "#shared/platform/ids.ts";

/** Signs access tokens (`accessTokenVerifier` is the other side). */
export type IssueAccessToken = (claims: AccessClaims, now: Date) => Promise<string>;

/** A public P-256 key; other fields of a key in the setting are left out. */
const publicKeySchema = z.object({
  kty: z.literal("EC"),
  crv: z.literal("P-256"),
  x: z.string(),
  y: z.string(),
  kid: z.string(),
  alg: z.literal("ES256"),
});
export type PublicKey = z.infer<typeof publicKeySchema> & { use: "sig" };

/** The public keys as `jwks.json` shows them: the current one and those still accepted. */
export function publicKeys(settings: SettingsOf<"TOKEN_PUBLIC_KEYS">): PublicKey[] {
  return settings.TOKEN_PUBLIC_KEYS.keys.map((key) => ({ ...publicKeySchema.parse(key), use: "sig" }));
}

/**
 * @returns a signer with the first of the private keys
 * @throws Error when the public half isn't among the keys every function verifies with: tokens that no function accepts would sign everyone out
 */
export function accessTokenIssuer(
  settings: SettingsOf<"TOKEN_SIGNING_KEYS" | "TOKEN_PUBLIC_KEYS" | "PUBLIC_ORIGIN">,
  newId: NewId,
): IssueAccessToken {
  const [signing] = settings.TOKEN_SIGNING_KEYS.keys;
  if (!signing || !settings.TOKEN_PUBLIC_KEYS.keys.some((key) => key.kid === signing.kid)) {
    throw new Error("the first key of TOKEN_SIGNING_KEYS is not in TOKEN_PUBLIC_KEYS");
  }
  let key: Promise<CryptoKey | Uint8Array> | undefined;
  return async (claims, now) => {
    key ??= importJWK({ ...signing }, "ES256");
    const issuedAt = Math.floor(now.getTime() / 1000);
    return new SignJWT({ sid: claims.sessionId, role: claims.role })
      .setProtectedHeader({ alg: "ES256", typ: "at+jwt", kid: signing.kid })
      .setIssuer(settings.PUBLIC_ORIGIN)
      .setAudience(ACCESS_TOKEN_AUDIENCE)
      .setSubject(claims.userId)
      .setJti(newId())
      .setIssuedAt(issuedAt)
      .setExpirationTime(issuedAt + ACCESS_TOKEN_SECONDS)
      .sign(await key);
  };
}
