import type { RateLimits } from "./queueSettings.ts";

/**
 * How strongly a queue backs off from an overloaded worker. Cloud Tasks documents that it does and why (429, 503, a high rate of
 * errors; `Retry-After` is considered), not the numbers; these are this stand-in's.
 */
export interface ThrottleSettings {
  /** The least time between two dispatches after the first sign of overload; doubles with each further one. */
  initialMs: number;
  /** The most it may grow to, and the most of a `Retry-After` that holds up the whole queue. */
  maxMs: number;
}

export const DEFAULT_THROTTLE: ThrottleSettings = { initialMs: 1000, maxMs: 30_000 };

/** How an attempt ended, as far as the queue's pace is concerned. */
export type Outcome = "success" | "error" | "overload";

/** The rate of errors is high when more than half of at least ten outcomes within a minute, the last twenty counted, are errors. */
const RECENT = { outcomes: 20, least: 10, share: 0.5, ms: 60_000 };

/**
 * The pace of one queue, as plain arithmetic on the times passed in (milliseconds): a token bucket for the configured rate and burst, a
 * count for concurrency, and the system throttling that slows the whole queue while its worker is overloaded.
 *
 * Throttling works like congestion control: a sign of overload from an attempt that began after the pace was last changed
 * doubles the least spacing of dispatches, a success halves it, and below the initial spacing the configured rate is back.
 */
export class QueueFlow {
  readonly #limits: RateLimits;
  readonly #throttle: ThrottleSettings;
  #tokens: number;
  #filledAt: number;
  #inFlight = 0;
  #spacingMs = 0;
  #heldUntil = 0;
  #pacedAt = 0;
  #recent: { at: number; failed: boolean }[] = [];

  constructor(limits: RateLimits, throttle: ThrottleSettings, now: number) {
    this.#limits = limits;
    this.#throttle = throttle;
    this.#tokens = limits.maxBurstSize;
    this.#filledAt = now;
  }

  get spacingMs(): number {
    return this.#spacingMs;
  }

  /** When the next dispatch may start: now or earlier if at once, Infinity while the queue is at its concurrency. */
  readyAt(now: number): number {
    if (this.#inFlight >= this.#limits.maxConcurrentDispatches) return Number.POSITIVE_INFINITY;
    this.#refill(now);
    const missing = Math.max(0, 1 - this.#tokens);
    const tokenAt = now + (missing * 1000) / this.#limits.maxDispatchesPerSecond;
    return Math.max(tokenAt, this.#heldUntil);
  }

  /** Counts a dispatch. */
  start(now: number): void {
    this.#inFlight += 1;
    this.#refill(now);
    this.#tokens -= 1;
    if (this.#spacingMs > 0) this.#heldUntil = Math.max(this.#heldUntil, now + this.#spacingMs);
  }

  /** Counts the end of an attempt that started at `startedAt`. Returns whether the queue became slower by it. */
  finish(outcome: Outcome, startedAt: number, now: number, retryAfterMs = 0): boolean {
    this.#inFlight -= 1;
    this.#recent = [...this.#recent, { at: now, failed: outcome !== "success" }].slice(-RECENT.outcomes);
    // Attempts begun before the last change say nothing about the pace it set.
    const tellsOfThisPace = startedAt >= this.#pacedAt;
    if (outcome === "success") {
      if (tellsOfThisPace && this.#spacingMs > 0) this.#speedUp(now);
      return false;
    }
    if (outcome === "error" && !this.#errorsAreHigh(now)) return false;
    if (tellsOfThisPace) this.#slowDown(now);
    this.#heldUntil = Math.max(this.#heldUntil, now + Math.min(retryAfterMs, this.#throttle.maxMs));
    return tellsOfThisPace;
  }

  #slowDown(now: number): void {
    const { initialMs, maxMs } = this.#throttle;
    this.#spacingMs = Math.min(maxMs, Math.max(initialMs, this.#spacingMs * 2));
    this.#heldUntil = Math.max(this.#heldUntil, now + this.#spacingMs);
    this.#pacedAt = now;
  }

  #speedUp(now: number): void {
    const halved = this.#spacingMs / 2;
    this.#spacingMs = halved < this.#throttle.initialMs ? 0 : halved;
    this.#heldUntil = Math.min(this.#heldUntil, now + this.#spacingMs);
    this.#pacedAt = now;
  }

  #errorsAreHigh(now: number): boolean {
    const recent = this.#recent.filter((one) => now - one.at <= RECENT.ms);
    const failed = recent.filter((one) => one.failed).length;
    return recent.length >= RECENT.least && failed / recent.length > RECENT.share;
  }

  #refill(now: number): void {
    const elapsed = Math.max(0, now - this.#filledAt);
    const filled = this.#tokens + (elapsed / 1000) * this.#limits.maxDispatchesPerSecond;
    this.#tokens = Math.min(this.#limits.maxBurstSize, filled);
    this.#filledAt = now;
  }
}
