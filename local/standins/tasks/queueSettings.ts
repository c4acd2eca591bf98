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
const burstForRate = (perSecond: number): number => Math.min(100, Math.max(10, Math.ceil(perSecond / 5)));

/** Refuses settings outside the documented ranges with INVALID_ARGUMENT. */
function checkSettings({ rateLimits, retryConfig }: QueueSettings): void {
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

/** A queue's settings as the stand-in gets them. Durations are in seconds, as their names say; absent settings have Cloud Tasks' defaults. */
export const queueConfigSchema = z.strictObject({
  /** Short, with `projectId` and `location`; or the full resource name, without them. */
  name: z.string(),
  projectId: z.string().exactOptional(),
  location: z.string().exactOptional(),
  rateLimits: z
    .strictObject({
      maxDispatchesPerSecond: z.number().exactOptional(),
      maxBurstSize: z.int().exactOptional(),
      maxConcurrentDispatches: z.int().exactOptional(),
    })
    .exactOptional(),
  retryConfig: z
    .strictObject({
      maxAttempts: z.int().exactOptional(),
      maxRetrySeconds: z.number().exactOptional(),
      minBackoffSeconds: z.number().exactOptional(),
      maxBackoffSeconds: z.number().exactOptional(),
      maxDoublings: z.int().exactOptional(),
    })
    .exactOptional(),
});
export type QueueConfig = z.infer<typeof queueConfigSchema>;

/** The full resource name. @throws StatusError INVALID_ARGUMENT */
export function queueNameOf({ name, projectId, location }: QueueConfig): string {
  if (name.includes("/")) return name;
  if (projectId === undefined || location === undefined)
    throw invalid("a short queue name needs projectId and location.");
  return `projects/${projectId}/locations/${location}/queues/${name}`;
}

/** The settings in full, in milliseconds. This is the only place where seconds become milliseconds. @throws StatusError INVALID_ARGUMENT */
export function settingsOf({ rateLimits = {}, retryConfig = {} }: QueueConfig): QueueSettings {
  const { rateLimits: rates, retryConfig: retries } = DEFAULT_SETTINGS;
  const maxDispatchesPerSecond = rateLimits.maxDispatchesPerSecond ?? rates.maxDispatchesPerSecond;
  const settings = {
    rateLimits: {
      maxDispatchesPerSecond,
      maxBurstSize: rateLimits.maxBurstSize ?? burstForRate(maxDispatchesPerSecond),
      maxConcurrentDispatches: rateLimits.maxConcurrentDispatches ?? rates.maxConcurrentDispatches,
    },
    retryConfig: {
      maxAttempts: retryConfig.maxAttempts ?? retries.maxAttempts,
      maxRetryDurationMs: inMs(retryConfig.maxRetrySeconds) ?? retries.maxRetryDurationMs,
      minBackoffMs: inMs(retryConfig.minBackoffSeconds) ?? retries.minBackoffMs,
      maxBackoffMs: inMs(retryConfig.maxBackoffSeconds) ?? retries.maxBackoffMs,
      maxDoublings: retryConfig.maxDoublings ?? retries.maxDoublings,
    },
  };
  checkSettings(settings);
  return settings;
}

function inMs(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : seconds * 1000;
}
