/** What the HTTP layer of a function uses, one constructor for each kind of caller. */
import { systemClock } from "../clock.ts";
import type { SettingsOf } from "../config/settings.ts";
import { type NewId, randomId } from "../ids.ts";
import type { Logger } from "../log/logger.ts";
import type { Sql } from "../sql/pool.ts";
import { type AccessClaims, accessTokenVerifier } from "./accessToken.ts";
import type { Edge } from "./callerAddress.ts";
import type { RateLimiter, RateName } from "./rateLimit.ts";
import { type ServiceIdentity, serviceTokenVerifier } from "./serviceToken.ts";
import { sqlRateLimiter } from "./sqlRateLimiter.ts";

/** A function leaves out what none of its routes ask for. */
export interface HttpDeps {
  readonly log: Logger;
  readonly newId: NewId;
  /** The way in: what tells the caller's address. */
  readonly edge: Edge;
  /** Web origins whose pages may call and read the answers (the setting ALLOWED_ORIGINS); none unless set. */
  readonly allowedOrigins?: readonly string[];
  readonly verifyAccessToken?: (token: string) => Promise<AccessClaims>;
  /** For `engine` and `admin` routes: verifies the Google ID token and the allow-list. */
  readonly verifyServiceToken?: (token: string) => Promise<ServiceIdentity>;
  readonly limits?: RateLimiter;
  /** Whether an error code that the route doesn't declare is answered as a 500, so that a test finds it. In production it is logged. */
  readonly refuseUndeclaredErrors?: boolean;
}

type PhoneSettings = SettingsOf<
  "TOKEN_PUBLIC_KEYS" | "PUBLIC_ORIGIN" | "ALLOWED_ORIGINS" | "RATE_PER_ACCOUNT" | "RATE_PER_ADDRESS" | "EDGE"
>;

/**
 * For a function that phones call: access tokens and the shared rate limits. Make one per instance (through `lazy`): it keeps the
 * instance's counters.
 * @param rates budgets of single routes, beside those per account and per address
 */
export function phoneHttpDeps(
  settings: PhoneSettings,
  db: Sql,
  log: Logger,
  rates: Readonly<Partial<Record<RateName, number>>> = {},
): HttpDeps {
  return {
    ...internalHttpDeps(log),
    edge: settings.EDGE,
    allowedOrigins: settings.ALLOWED_ORIGINS,
    verifyAccessToken: accessTokenVerifier(settings.TOKEN_PUBLIC_KEYS, settings.PUBLIC_ORIGIN, systemClock),
    limits: sqlRateLimiter(
      db,
      { account: settings.RATE_PER_ACCOUNT, address: settings.RATE_PER_ADDRESS, ...rates },
      { clock: systemClock, log },
    ),
  };
}

/**
 * For a function that engines or administrators call with Google ID tokens of their service accounts.
 * @param callers the addresses that may call (`ENGINE_CALLERS` or `ADMIN_CALLERS`)
 */
export function serviceHttpDeps(
  settings: SettingsOf<"GOOGLE_ISSUER" | "GOOGLE_JWKS_URL" | "PUBLIC_ORIGIN" | "EDGE">,
  callers: readonly string[],
  log: Logger,
): HttpDeps {
  return {
    ...internalHttpDeps(log),
    edge: settings.EDGE,
    verifyServiceToken: serviceTokenVerifier(settings, callers, systemClock),
  };
}

/** For a function that only services of ours may call; IAM lets them in, and no proxy of ours stands before it. */
export function internalHttpDeps(log: Logger): HttpDeps {
  return { log, newId: randomId, edge: "none" };
}
