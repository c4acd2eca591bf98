/** The Cloud Tasks queues; a queue each, because back-off slows a whole queue. `rate` is tasks a second. */
export const queues = {
  ring: {
    rate: 20,
    concurrent: 10,
    minBackoffSeconds: 1,
    maxBackoffSeconds: 60,
    maxDoublings: 6,
    maxRetrySeconds: 6 * 3600,
  },
  timer: {
    rate: 200,
    concurrent: 50,
    minBackoffSeconds: 1,
    maxBackoffSeconds: 60,
    maxDoublings: 6,
    maxRetrySeconds: 0,
  },
  /** What `workshop` does: as many at once as it has instances, each for up to 8 minutes. */
  work: {
    rate: 20,
    concurrent: 16,
    minBackoffSeconds: 1,
    maxBackoffSeconds: 60,
    maxDoublings: 6,
    maxRetrySeconds: 3600,
  },
  mail: {
    rate: 5,
    concurrent: 5,
    minBackoffSeconds: 2,
    maxBackoffSeconds: 300,
    maxDoublings: 7,
    maxRetrySeconds: 1500,
  },
} as const;

export type QueueName = keyof typeof queues;
