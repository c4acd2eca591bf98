/** The Pub/Sub topic between the outbox and `notify`. */
export const JOB_EVENTS_TOPIC = "job-events";

/**
 * The topics. A message that its subscriber refuses again and again is put into the topic's dead letters, where it is kept for a week and
 * a person can look at it.
 */
export const topics = {
  [JOB_EVENTS_TOPIC]: {
    /** Deliveries before a message is a dead letter; with the back-off below about eight hours. */
    maxDeliveryAttempts: 50,
    minBackoffSeconds: 10,
    maxBackoffSeconds: 600,
    /** How long a message is kept for its subscriber, in seconds. */
    retentionSeconds: 7 * 86_400,
  },
} as const;
