import type { RetryConfig } from "./queueSettings.ts";
import type { Micros } from "./time.ts";

/** The longest `Retry-After` that is believed, so that one bad header can't bury a task. */
const MAX_RETRY_AFTER_MS = 3_600_000;
/** Past any back-off, and still finite. */
const MAX_EXPONENT = 60;

/**
 * How long a task waits after its `failures`-th failed attempt, in milliseconds: from `minBackoffMs` doubling `maxDoublings` times, then
 * growing by the last doubled step, never above `maxBackoffMs`. Google's example: 10 s, 300 s and 3 doublings give
 * 10, 20, 40, 80, 160, 240, 300, 300 … (`RetryConfig.max_doublings` in google/cloud/tasks/v2/queue.proto).
 */
export function backoffMs(failures: number, config: RetryConfig): number {
  const retry = Math.max(0, failures - 1);
  const doubled = config.minBackoffMs * 2 ** Math.min(retry, config.maxDoublings, MAX_EXPONENT);
  const steps = Math.max(1, retry - config.maxDoublings + 1);
  return Math.min(doubled * steps, config.maxBackoffMs);
}

/**
 * Whether a task that failed again has used itself up. With both limits set, both must be reached, as documented for
 * `RetryConfig.max_retry_duration`; with unlimited attempts the duration decides alone.
 */
export function isExhausted(
  task: { attempts: number; firstAttemptAt: Micros },
  config: RetryConfig,
  now: Micros,
): boolean {
  const attemptsUsed = config.maxAttempts !== -1 && task.attempts >= config.maxAttempts;
  if (config.maxRetryDurationMs === 0) return attemptsUsed;
  const durationUsed = now - task.firstAttemptAt >= config.maxRetryDurationMs * 1000;
  return durationUsed && (attemptsUsed || config.maxAttempts === -1);
}

/**
 * The milliseconds a `Retry-After` header asks for: delta-seconds or an HTTP date (RFC 9110 section 10.2.3), at most an hour; zero for none
 * or an unreadable one.
 */
export function retryAfterMs(header: string | undefined, now: Date): number {
  const value = header?.trim() ?? "";
  const wanted = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - now.getTime();
  return Number.isNaN(wanted) ? 0 : Math.min(Math.max(0, wanted), MAX_RETRY_AFTER_MS);
}
