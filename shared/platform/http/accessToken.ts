/**
 * Access tokens: ES256 JWTs that live ten minutes. Every function verifies them with the public keys it was deployed with,
 * without any call; only `auth` holds the private keys.
 */
import { createLocalJWKSet, type JWK, errors as joseErrors, jwtVerify } from "jose";
import { z } from "zod";
import type { Clock } from "../clock.ts";
import { errors } from "../errors.ts";
import { CLOCK_SKEW_SECONDS } from "./clockSkew.ts";
import { rememberVerified } from "./verifiedTokens.ts";

export const ACCESS_TOKEN_SECONDS = 600;
/** The audience of an access token: this API, at any address. */
export const ACCESS_TOKEN_AUDIENCE = "reverie";

export const roleSchema = z.enum(["care_giver", "care_recipient"]);
export type Role = z.infer<typeof roleSchema>;

/** What an access token says about its bearer. */
export interface AccessClaims {
  readonly userId: string;
  readonly sessionId: string;
  /** Null until the person has enrolled; the token says what was true when it was issued. */
  readonly role: Role | null;
}

const claimsSchema = z.object({
  exp: z.number(),
  sub: z.string().min(1),
  sid: z.string().min(1),
  role: roleSchema.nullable(),
});

/**
 * @param keys the public JWKS (`TOKEN_PUBLIC_KEYS`)
 * @param issuer the one origin (`PUBLIC_ORIGIN`)
 * @returns a verifier: signature by a key of ours with `alg` fixed to ES256, `typ` at+jwt (RFC 9068), issuer, audience, expiry
 *   with bounded skew. It throws `token_invalid` for anything else. A genuine token is remembered until it ends.
 */
export function accessTokenVerifier(
  keys: { keys: ReadonlyArray<{ kty: string; kid: string; [field: string]: unknown }> },
  issuer: string,
  clock: Clock,
): (token: string) => Promise<AccessClaims> {
  const keySet = createLocalJWKSet({ keys: keys.keys.map((key): JWK => ({ ...key })) });
  return rememberVerified(async (token) => {
    try {
      const { payload } = await jwtVerify(token, keySet, {
        algorithms: ["ES256"],
        typ: "at+jwt",
        issuer,
        audience: ACCESS_TOKEN_AUDIENCE,
        clockTolerance: CLOCK_SKEW_SECONDS,
        requiredClaims: ["exp", "iat", "sub", "sid"],
        currentDate: clock(),
      });
      const claims = claimsSchema.parse(payload);
      const { sub: userId, sid: sessionId, role, exp: expiresAt } = claims;
      return { claims: { userId, sessionId, role }, expiresAt };
    } catch (error) {
      if (error instanceof joseErrors.JOSEError || error instanceof z.ZodError) {
        throw errors.tokenInvalid("the access token is malformed, expired or not ours", {
          cause: error,
        });
      }
      throw error;
    }
  }, clock);
}
