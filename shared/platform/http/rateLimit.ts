/** The counters: each names a budget of requests a minute (docs/architecture.md#limits) and what it is counted by. */
export type RateName = "account" | "address" | "sign_in" | "refresh" | "confirm";

/** A budget that single routes have beside the general ones. */
export type RouteRate = Exclude<RateName, "account" | "address">;

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
