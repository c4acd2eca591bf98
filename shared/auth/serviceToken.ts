/**
 * Google ID tokens of service accounts, as engines and administrators send them. Their functions stand behind the one origin,
 * which can't authenticate to a private service, so they verify the token themselves.
 */
import { createRemoteJWKSet, errors, jwtVerify } from "jose";
import { z } from "zod";
import type { Clock } from "../clock.ts";
import type { SettingsOf } from "../config/settings.ts";
import { Forbidden, Unauthenticated, Unavailable } from "../errors.ts";
import { CLOCK_SKEW_SECONDS } from "./accessToken.ts";

export interface ServiceIdentity {
  /** The service account's address, in lower case. */
  readonly email: string;
  /** Google's stable number for the account. */
  readonly subject: string;
}

const claimsSchema = z.object({ sub: z.string().min(1), email: z.email(), email_verified: z.literal(true) });

/**
 * @param allowed addresses that may call (`ENGINE_CALLERS` or `ADMIN_CALLERS`)
 * @returns a verifier of signature, issuer, audience (the one origin), expiry, `email_verified` and the allow-list. Throws
 *   `Unauthenticated` for a bad token, `Forbidden` for a good one of an address not on the list, `Unavailable` when Google's keys
 *   can't be had.
 */
export function serviceTokenVerifier(
  settings: SettingsOf<"GOOGLE_ISSUER" | "GOOGLE_JWKS_URL" | "PUBLIC_ORIGIN">,
  allowed: readonly string[],
  clock: Clock,
): (token: string) => Promise<ServiceIdentity> {
  const keySet = createRemoteJWKSet(new URL(settings.GOOGLE_JWKS_URL), {
    timeoutDuration: 5_000,
    cooldownDuration: 30_000,
  });
  const callers = new Set(allowed.map((address) => address.toLowerCase()));
  return async (token) => {
    const claims = await verifiedClaims(token, keySet, settings, clock);
    const email = claims.email.toLowerCase();
    if (!callers.has(email)) throw new Forbidden("this account may not call here");
    return { email, subject: claims.sub };
  };
}

async function verifiedClaims(
  token: string,
  keySet: ReturnType<typeof createRemoteJWKSet>,
  settings: SettingsOf<"GOOGLE_ISSUER" | "PUBLIC_ORIGIN">,
  clock: Clock,
): Promise<z.infer<typeof claimsSchema>> {
  try {
    const { payload } = await jwtVerify(token, keySet, {
      algorithms: ["RS256"],
      issuer: settings.GOOGLE_ISSUER,
      audience: settings.PUBLIC_ORIGIN,
      clockTolerance: CLOCK_SKEW_SECONDS,
      requiredClaims: ["exp", "iat"],
      currentDate: clock(),
    });
    return claimsSchema.parse(payload);
  } catch (error) {
    if (error instanceof errors.JWKSTimeout)
      throw new Unavailable("the keys of the token's issuer can't be reached", { cause: error });
    if (error instanceof errors.JOSEError || error instanceof z.ZodError) {
      throw new Unauthenticated("the ID token is malformed, expired or not meant for this service", {
        code: "token_invalid",
        cause: error,
      });
    }
    throw new Unavailable("the keys of the token's issuer can't be reached", { cause: error });
  }
}
