/** The Pub/Sub topic between the outbox and `notify`. */
export const JOB_EVENTS_TOPIC = "job-events";
