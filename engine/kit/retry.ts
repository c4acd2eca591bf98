import { setTimeout as sleep } from "node:timers/promises";

export interface RetryRules {
  /** Including the first. */
  readonly attempts: number;
  /** Before the second attempt; doubles each time, up to `maxSeconds`. */
  readonly baseSeconds: number;
  readonly maxSeconds: number;
  /** How long to wait at least because of this error, in seconds; undefined when another attempt is no use. */
  readonly worthwhile: (error: unknown) => number | undefined;
  /** Whether the failed attempt got further than those before; counting and waiting then begin again. */
  readonly gotFurther?: () => boolean;
  readonly signal?: AbortSignal;
}

/**
 * Does something again until it succeeds, with exponential back-off and full jitter ("Exponential Backoff And Jitter", AWS
 * Architecture Blog, 2015). Rejects with the last error, or with the signal's reason.
 */
export async function retrying<T>(rules: RetryRules, attempt: () => Promise<T>): Promise<T> {
  let made = 0;
  for (;;) {
    rules.signal?.throwIfAborted();
    try {
      return await attempt();
    } catch (error) {
      rules.signal?.throwIfAborted();
      made = rules.gotFurther?.() ? 1 : made + 1;
      const least = rules.worthwhile(error);
      if (least === undefined || made >= rules.attempts) throw error;
      const ceiling = Math.min(rules.maxSeconds, rules.baseSeconds * 2 ** (made - 1));
      await pause(Math.max(least, ceiling * Math.random()), rules.signal);
    }
  }
}

/** Waits; rejects with the signal's reason as soon as it is aborted. */
export async function pause(seconds: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await sleep(seconds * 1000, undefined, signal ? { signal } : {});
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}
