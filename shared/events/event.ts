/**
 * The news that phones are told. An event is written to an outbox with the change it tells of (in SQL, or as a mark on the job
 * document), then published to Pub/Sub; `notify` may see it more than once and tells each device once.
 */
import { z } from "zod";

const base = {
  /** Stable per thing that happened, so that a repeated publication is recognised. At most 120 characters. */
  id: z.string().min(1).max(120),
  at: z.iso.datetime(),
};
const job = { jobId: z.string(), spaceId: z.string(), kind: z.string(), title: z.string() };

export const eventSchema = z.discriminatedUnion("type", [
  z.object({ ...base, type: z.literal("job_succeeded"), ...job, resourceId: z.string() }),
  z.object({ ...base, type: z.literal("job_failed"), ...job, code: z.string() }),
  /** Told to the person who was invited. */
  z.object({ ...base, type: z.literal("invited"), userId: z.string(), giverName: z.string().nullable() }),
  /** Told to the space's care givers. */
  z.object({
    ...base,
    type: z.literal("badge_earned"),
    spaceId: z.string(),
    userId: z.string(),
    badge: z.string(),
  }),
]);
export type DomainEvent = z.infer<typeof eventSchema>;

/** Publishes events to Pub/Sub; resolves once Pub/Sub has them. */
export interface EventPublisher {
  publish(event: DomainEvent): Promise<void>;
}
