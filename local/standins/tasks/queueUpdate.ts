import type { QueueMessage } from "./messages.ts";
import { burstForRate, DEFAULT_SETTINGS, type QueueSettings } from "./queueSettings.ts";
import { invalid } from "./status.ts";

type Field = (settings: QueueSettings, message: QueueMessage) => void;

/** What each settable field of a Queue message does to the settings. */
const FIELDS = new Map<string, Field>([
  [
    "rate_limits.max_dispatches_per_second",
    ({ rateLimits }, message) => {
      const asked = message.rateLimits?.maxDispatchesPerSecond;
      rateLimits.maxDispatchesPerSecond = asked || DEFAULT_SETTINGS.rateLimits.maxDispatchesPerSecond;
    },
  ],
  [
    "rate_limits.max_concurrent_dispatches",
    ({ rateLimits }, message) => {
      const asked = message.rateLimits?.maxConcurrentDispatches;
      rateLimits.maxConcurrentDispatches = asked || DEFAULT_SETTINGS.rateLimits.maxConcurrentDispatches;
    },
  ],
  [
    "retry_config.max_attempts",
    ({ retryConfig }, message) => {
      retryConfig.maxAttempts = message.retryConfig?.maxAttempts || DEFAULT_SETTINGS.retryConfig.maxAttempts;
    },
  ],
  [
    "retry_config.max_retry_duration",
    ({ retryConfig }, message) => {
      retryConfig.maxRetryDurationMs =
        message.retryConfig?.maxRetryDuration ?? DEFAULT_SETTINGS.retryConfig.maxRetryDurationMs;
    },
  ],
  [
    "retry_config.min_backoff",
    ({ retryConfig }, message) => {
      retryConfig.minBackoffMs = message.retryConfig?.minBackoff ?? DEFAULT_SETTINGS.retryConfig.minBackoffMs;
    },
  ],
  [
    "retry_config.max_backoff",
    ({ retryConfig }, message) => {
      retryConfig.maxBackoffMs = message.retryConfig?.maxBackoff ?? DEFAULT_SETTINGS.retryConfig.maxBackoffMs;
    },
  ],
  [
    "retry_config.max_doublings",
    ({ retryConfig }, message) => {
      retryConfig.maxDoublings =
        message.retryConfig?.maxDoublings ?? DEFAULT_SETTINGS.retryConfig.maxDoublings;
    },
  ],
]);

/** Output only, or not kept here: changing them changes nothing, as Cloud Tasks documents for the former. */
const IGNORED = /^(name|state|purge_time|rate_limits\.max_burst_size|stackdriver_logging_config(\..*)?)$/;

/** The settings of a queue that a message creates; a number that is absent (0 on the wire) has the default. */
export function settingsOfNewQueue(message: QueueMessage): QueueSettings {
  const settings = updatedSettings(DEFAULT_SETTINGS, message, []);
  if (!message.retryConfig?.maxDoublings)
    settings.retryConfig.maxDoublings = DEFAULT_SETTINGS.retryConfig.maxDoublings;
  return settings;
}

/**
 * The settings after an update by field mask (`rate_limits`, `retry_config.max_backoff`, or camel case), all fields if it is empty. The burst follows
 * the rate again, as documented for `RateLimits.max_burst_size`. An unknown path is INVALID_ARGUMENT.
 */
export function updatedSettings(
  current: QueueSettings,
  message: QueueMessage,
  paths: string[],
): QueueSettings {
  const settings = structuredClone(current);
  const masks = (paths.length === 0 ? [...FIELDS.keys()] : paths).map(snakeCase);
  for (const mask of masks) {
    const chosen = [...FIELDS].filter(
      ([path]) => mask === "*" || path === mask || path.startsWith(`${mask}.`),
    );
    if (chosen.length === 0 && !IGNORED.test(mask))
      throw invalid(`update_mask: "${mask}" is not a field of Queue.`);
    for (const [, apply] of chosen) apply(settings, message);
  }
  settings.rateLimits.maxBurstSize = burstForRate(settings.rateLimits.maxDispatchesPerSecond);
  return settings;
}

const snakeCase = (path: string): string => path.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
