import { z } from "zod";
import { invalid } from "./status.ts";

export interface RateLimits {
  maxDispatchesPerSecond: number;
  maxBurstSize: number;
  maxConcurrentDispatches: number;
}

export interface RetryConfig {
  /** -1 is without limit. */
  maxAttempts: number;
  /** 0 is without limit. */
  maxRetryDurationMs: number;
  minBackoffMs: number;
  maxBackoffMs: number;
  maxDoublings: number;
}

export interface QueueSettings {
  rateLimits: RateLimits;
  retryConfig: RetryConfig;
}

/** What Cloud Tasks gives a queue that says nothing itself. */
export const DEFAULT_SETTINGS: QueueSettings = {
  rateLimits: { maxDispatchesPerSecond: 500, maxBurstSize: 100, maxConcurrentDispatches: 1000 },
  retryConfig: {
    maxAttempts: 100,
    maxRetryDurationMs: 0,
    minBackoffMs: 100,
    maxBackoffMs: 3_600_000,
    maxDoublings: 16,
  },
};

/** Cloud Tasks picks the burst by the rate and doesn't publish how; this gives its known pairs (500/s: 100, 5/s: 10). */
export const burstForRate = (perSecond: number): number =>
  Math.min(100, Math.max(10, Math.ceil(perSecond / 5)));

/** Refuses settings outside the documented ranges with INVALID_ARGUMENT. */
export function checkSettings({ rateLimits, retryConfig }: QueueSettings): void {
  const { maxDispatchesPerSecond, maxBurstSize, maxConcurrentDispatches } = rateLimits;
  if (!(maxDispatchesPerSecond > 0 && maxDispatchesPerSecond <= 500))
    throw invalid("rate_limits.max_dispatches_per_second must be above 0 and at most 500.");
  if (maxBurstSize < 1) throw invalid("rate_limits.max_burst_size must be at least 1.");
  if (maxConcurrentDispatches < 1 || maxConcurrentDispatches > 5000)
    throw invalid("rate_limits.max_concurrent_dispatches must be from 1 to 5000.");
  if (retryConfig.maxAttempts < -1 || retryConfig.maxAttempts === 0)
    throw invalid("retry_config.max_attempts must be -1 (unlimited) or at least 1.");
  if (retryConfig.maxRetryDurationMs < 0)
    throw invalid("retry_config.max_retry_duration must not be negative.");
  if (retryConfig.minBackoffMs < 0) throw invalid("retry_config.min_backoff must not be negative.");
  if (retryConfig.maxBackoffMs < retryConfig.minBackoffMs)
    throw invalid("retry_config.max_backoff must not be below min_backoff.");
  if (retryConfig.maxDoublings < 0) throw invalid("retry_config.max_doublings must not be negative.");
}

/** `"1.5s"`, as Google's JSON writes durations, or seconds as a number; in milliseconds. */
const durationSchema = z.union([
  z.number().transform((seconds) => seconds * 1000),
  z
    .string()
    .regex(/^\d+(\.\d{1,9})?s$/, 'expected seconds like "0.1s"')
    .transform((text) => Number(text.slice(0, -1)) * 1000),
]);

/**
 * One queue of the stand-in's configuration. `name` is either the full resource name, or the short one with `projectId` and `location`
 * beside it. What is absent has Cloud Tasks' default; durations are `"0.1s"` or seconds.
 */
export const queueConfigSchema = z
  .strictObject({
    name: z.string().min(1),
    projectId: z.string().min(1).optional(),
    location: z.string().min(1).optional(),
    rateLimits: z
      .strictObject({
        maxDispatchesPerSecond: z.number().optional(),
        maxBurstSize: z.int().optional(),
        maxConcurrentDispatches: z.int().optional(),
      })
      .default({}),
    retryConfig: z
      .strictObject({
        maxAttempts: z.int().optional(),
        maxRetryDuration: durationSchema.optional(),
        minBackoff: durationSchema.optional(),
        maxBackoff: durationSchema.optional(),
        maxDoublings: z.int().optional(),
      })
      .default({}),
  })
  .transform(({ name, projectId, location, rateLimits, retryConfig }, context) => {
    if (!name.includes("/") && (projectId === undefined || location === undefined)) {
      context.addIssue("a short queue name needs projectId and location");
      return z.NEVER;
    }
    const rate = rateLimits.maxDispatchesPerSecond ?? DEFAULT_SETTINGS.rateLimits.maxDispatchesPerSecond;
    const defaults = DEFAULT_SETTINGS.retryConfig;
    const settings: QueueSettings = {
      rateLimits: {
        maxDispatchesPerSecond: rate,
        maxBurstSize: rateLimits.maxBurstSize ?? burstForRate(rate),
        maxConcurrentDispatches:
          rateLimits.maxConcurrentDispatches ?? DEFAULT_SETTINGS.rateLimits.maxConcurrentDispatches,
      },
      retryConfig: {
        maxAttempts: retryConfig.maxAttempts ?? defaults.maxAttempts,
        maxRetryDurationMs: retryConfig.maxRetryDuration ?? defaults.maxRetryDurationMs,
        minBackoffMs: retryConfig.minBackoff ?? defaults.minBackoffMs,
        maxBackoffMs: retryConfig.maxBackoff ?? defaults.maxBackoffMs,
        maxDoublings: retryConfig.maxDoublings ?? defaults.maxDoublings,
      },
    };
    const full = name.includes("/") ? name : `projects/${projectId}/locations/${location}/queues/${name}`;
    return { name: full, settings };
  });

export type QueueConfig = z.input<typeof queueConfigSchema>;
