/**
 * Google ID tokens of service accounts, as engines and administrators send them. Their functions stand behind the one origin,
 * which can't authenticate to a private service, so they verify the token themselves.
 */
import { z } from "zod";
import type { Clock } from "../clock.ts";
import type { SettingsOf } from "../config/settings.ts";
import { errors } from "../errors.ts";
import { googleTokenVerifier } from "./googleToken.ts";
import { rememberVerified } from "./verifiedTokens.ts";

export interface ServiceIdentity {
  /** The service account's address, in lower case. */
  readonly email: string;
  /** Google's stable number for the account. */
  readonly subject: string;
}

const claimsSchema = z.object({
  exp: z.number(),
  sub: z.string().min(1),
  email: z.email(),
  email_verified: z.literal(true),
});

/**
 * @param allowed addresses that may call (`ENGINE_CALLERS` or `ADMIN_CALLERS`)
 * @returns a verifier of signature, issuer, audience (the one origin), expiry, `email_verified` and the allow-list. Throws
 *   `token_invalid` for a bad token, `forbidden` for a good one of an address not on the list, `unavailable` when Google's keys
 *   can't be had.
 */
export function serviceTokenVerifier(
  settings: SettingsOf<"GOOGLE_ISSUER" | "GOOGLE_JWKS_URL" | "PUBLIC_ORIGIN">,
  allowed: readonly string[],
  clock: Clock,
): (token: string) => Promise<ServiceIdentity> {
  const verifyNow = googleTokenVerifier(
    settings,
    { audiences: [settings.PUBLIC_ORIGIN], claims: claimsSchema, refuse: errors.tokenInvalid },
    clock,
  );
  const verify = rememberVerified(async (token) => {
    const claims = await verifyNow(token);
    return { claims, expiresAt: claims.exp };
  }, clock);
  const callers = new Set(allowed.map((address) => address.toLowerCase()));
  return async (token) => {
    const claims = await verify(token);
    const email = claims.email.toLowerCase();
    if (!callers.has(email)) throw errors.forbidden("this account may not call here");
    return { email, subject: claims.sub };
  };
}
