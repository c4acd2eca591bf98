/**
 * The Cloud Tasks queues; a queue each, because back-off slows a whole queue. `rate` is tasks a second,
 * `deadlineSeconds` how long Cloud Tasks waits for its answer: 15 seconds to 30 minutes.
 */
export const queues = {
  ring: {
    rate: 20,
    concurrent: 10,
    minBackoffSeconds: 1,
    maxBackoffSeconds: 60,
    maxDoublings: 6,
    maxRetrySeconds: 6 * 3600,
    deadlineSeconds: 600,
  },
  timer: {
    rate: 200,
    concurrent: 50,
    minBackoffSeconds: 1,
    maxBackoffSeconds: 60,
    maxDoublings: 6,
    maxRetrySeconds: 0,
    deadlineSeconds: 600,
  },
  /** What `workshop` does: as many at once as it has instances, each for up to 8 minutes. */
  work: {
    rate: 20,
    concurrent: 16,
    minBackoffSeconds: 1,
    maxBackoffSeconds: 60,
    maxDoublings: 6,
    maxRetrySeconds: 3600,
    deadlineSeconds: 600,
  },
  mail: {
    rate: 5,
    concurrent: 5,
    minBackoffSeconds: 2,
    maxBackoffSeconds: 300,
    maxDoublings: 7,
    maxRetrySeconds: 1500,
    deadlineSeconds: 600,
  },
  /** What `outbound` fetches: as many at once as all its instances serve. */
  fetch: {
    rate: 20,
    concurrent: 40,
    minBackoffSeconds: 5,
    maxBackoffSeconds: 300,
    maxDoublings: 6,
    maxRetrySeconds: 0,
    deadlineSeconds: 1800,
  },
} as const;

export type QueueName = keyof typeof queues;
