/** The gates of our HTTP functions, so that each `index.ts` says in one line who is let in. */

import { systemClock } from "../clock.ts";
import type { SettingsOf } from "../config/settings.ts";
import { randomId } from "../ids.ts";
import type { Logger } from "../log/logger.ts";
import type { Sql } from "../sql/pool.ts";
import { accessTokenVerifier } from "./accessToken.ts";
import type { Gate } from "./app.ts";
import type { RateName } from "./rateLimit.ts";
import { serviceTokenVerifier } from "./serviceToken.ts";
import { sqlRateLimiter } from "./sqlRateLimiter.ts";

type PhoneSettings = SettingsOf<
  "TOKEN_PUBLIC_KEYS" | "PUBLIC_ORIGIN" | "RATE_PER_ACCOUNT" | "RATE_PER_ADDRESS" | "TRUSTED_HOPS"
>;

/**
 * The gate of a function that phones call: access tokens and the shared rate limits. Make one per instance (through `lazy`): it
 * keeps the instance's counters.
 * @param rates budgets of single routes, beside those per account and per address
 */
export function gateOf(
  settings: PhoneSettings,
  db: Sql,
  log: Logger,
  rates: Readonly<Partial<Record<RateName, number>>> = {},
): Gate {
  return {
    log,
    newId: randomId,
    trustedHops: settings.TRUSTED_HOPS,
    verifyAccessToken: accessTokenVerifier(settings.TOKEN_PUBLIC_KEYS, settings.PUBLIC_ORIGIN, systemClock),
    limits: sqlRateLimiter(
      db,
      { account: settings.RATE_PER_ACCOUNT, address: settings.RATE_PER_ADDRESS, ...rates },
      { clock: systemClock, log },
    ),
  };
}

/**
 * The gate of a function that engines or administrators call with Google ID tokens of their service accounts.
 * @param callers the addresses that may call (`ENGINE_CALLERS` or `ADMIN_CALLERS`)
 */
export function serviceGateOf(
  settings: SettingsOf<"GOOGLE_ISSUER" | "GOOGLE_JWKS_URL" | "PUBLIC_ORIGIN" | "TRUSTED_HOPS">,
  callers: readonly string[],
  log: Logger,
): Gate {
  return {
    log,
    newId: randomId,
    trustedHops: settings.TRUSTED_HOPS,
    verifyServiceToken: serviceTokenVerifier(settings, callers, systemClock),
  };
}
