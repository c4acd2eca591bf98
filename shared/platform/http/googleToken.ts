/** Google ID tokens, of people and of service accounts: one place decides what a genuine one is. */
import { createRemoteJWKSet, customFetch, type JWTVerifyGetKey, errors as joseErrors, jwtVerify } from "jose";
import { z } from "zod";
import type { Clock } from "../clock.ts";
import type { SettingsOf } from "../config/settings.ts";
import { errors } from "../errors.ts";
import { CLOCK_SKEW_SECONDS } from "./clockSkew.ts";
import { fetchKeys } from "./fetchKeys.ts";

export interface GoogleTokenRules<Schema extends z.ZodType> {
  /** The token's audience must be exactly one of these. */
  readonly audiences: readonly string[];
  /** What the claims must hold beyond issuer, audience and times. */
  readonly claims: Schema;
  /** Makes the error for a token that is refused. */
  readonly refuse: typeof errors.identityRejected | typeof errors.tokenInvalid;
}

/**
 * @returns a verifier of signature (RS256 only), issuer, audience, times (skew bounded) and the claims' shape. It throws
 *   what `refuse` makes for a token that isn't genuine, and `unavailable` when Google's keys can't be had.
 */
export function googleTokenVerifier<Schema extends z.ZodType>(
  settings: SettingsOf<"GOOGLE_ISSUER" | "GOOGLE_JWKS_URL">,
  rules: GoogleTokenRules<Schema>,
  clock: Clock,
): (token: string) => Promise<z.output<Schema>> {
  const keys = keysOrUnavailable(settings.GOOGLE_JWKS_URL);
  const issuer = settings.GOOGLE_ISSUER;
  const oneAudience = z.object({ aud: z.string() });
  return async (token) => {
    try {
      const { payload } = await jwtVerify(token, keys, {
        algorithms: ["RS256"],
        // Google's documentation names both forms: https://developers.google.com/identity/openid-connect/openid-connect
        issuer: [issuer, issuer.replace(/^https?:\/\//, "")],
        audience: [...rules.audiences],
        clockTolerance: CLOCK_SKEW_SECONDS,
        requiredClaims: ["exp", "iat", "sub"],
        currentDate: clock(),
      });
      oneAudience.parse(payload);
      return rules.claims.parse(payload);
    } catch (error) {
      if (error instanceof joseErrors.JOSEError || error instanceof z.ZodError) {
        throw rules.refuse("the ID token is malformed, expired or not meant for this service", {
          cause: error,
        });
      }
      throw error;
    }
  };
}

/** Google's keys, cached and looked up again at most every 30 s. Keys that can't be fetched are our trouble, not the caller's. */
function keysOrUnavailable(url: string): JWTVerifyGetKey {
  const remote = createRemoteJWKSet(new URL(url), {
    timeoutDuration: 5_000,
    cooldownDuration: 30_000,
    [customFetch]: fetchKeys,
  });
  return async (header, token) => {
    try {
      return await remote(header, token);
    } catch (error) {
      const callersFault =
        error instanceof joseErrors.JWKSNoMatchingKey ||
        error instanceof joseErrors.JWKSMultipleMatchingKeys ||
        error instanceof joseErrors.JOSENotSupported;
      if (callersFault) throw error;
      throw errors.unavailable("the keys of the token's issuer can't be reached", { cause: error });
    }
  };
}
