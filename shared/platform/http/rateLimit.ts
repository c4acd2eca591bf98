import { errors, type ReverieError } from "../errors.ts";

/** The counters: each names a budget of requests a minute (docs/architecture.md#limits) and what it is counted by. */
export type RateName = "account" | "address" | RouteRate | AccountRate;

/** A budget that single routes have beside the general ones. */
export type RouteRate = "sign_in" | "refresh" | "confirm" | "export";

/** A budget of an account whose id is known only in the midst of an operation, which then takes from it. */
type AccountRate = "sign_in_account" | "refresh_account";

export interface RateDecision {
  readonly allowed: boolean;
  /** Requests a minute. */
  readonly limit: number;
  readonly remaining: number;
  /** Seconds until the next window starts. */
  readonly resetSeconds: number;
}

/** Counts requests against a budget that all instances share. */
export interface RateLimiter {
  /**
   * Takes one request from the budget of `name` for `subject` (an account id or a caller's address).
   * Must fail open: when the shared store is away the request is let through.
   */
  take(name: RateName, subject: string): Promise<RateDecision>;
}

/** The refusal of a request that a budget has nothing left for. */
export function rateLimited({ limit, resetSeconds }: RateDecision): ReverieError {
  return errors.rateLimited(`at most ${limit} requests a minute`, { retryAfterSeconds: resetSeconds });
}
