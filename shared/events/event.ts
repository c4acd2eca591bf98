/**
 * The events that are published. Phones are notified of them, but not of a cancelled job. An event is written with the change it reports (to
 * the outbox in SQL, or as a mark on the job document) and then published to Pub/Sub. `notify` may receive it more than once and notifies
 * each device once.
 */
import { z } from "zod";
import { traceId } from "../platform/trace.ts";

const base = {
  /** The same for the same change, so that a repeated publication is recognised. At most 120 characters. */
  id: z.string().min(1).max(120),
  at: z.iso.datetime(),
  /** Of the job or request that it comes from; what the logs of all that follows are found by. */
  trace: traceId.optional(),
};
const job = { jobId: z.string(), spaceId: z.string(), kind: z.string(), title: z.string() };

export const eventSchema = z.discriminatedUnion("type", [
  z.object({ ...base, type: z.literal("job_succeeded"), ...job, resourceId: z.string() }),
  z.object({ ...base, type: z.literal("job_failed"), ...job, code: z.string() }),
  /** For the change log only: who cancelled it knows, and phones are not disturbed. */
  z.object({ ...base, type: z.literal("job_cancelled"), ...job }),
  /** For the person who was invited. */
  z.object({ ...base, type: z.literal("invited"), userId: z.string(), giverName: z.string().nullable() }),
  /** For the members of the space who want to hear of it. */
  z.object({
    ...base,
    type: z.literal("best_beaten"),
    spaceId: z.string(),
    userId: z.string(),
    game: z.string(),
    resourceId: z.string(),
  }),
  /** For the space's care givers. */
  z.object({
    ...base,
    type: z.literal("badge_earned"),
    spaceId: z.string(),
    userId: z.string(),
    badge: z.string(),
  }),
]);
export type DomainEvent = z.infer<typeof eventSchema>;
/** The events that become push messages. */
export type PushedEvent = Exclude<DomainEvent, { readonly type: "job_cancelled" }>;

/** Publishes events to Pub/Sub; resolves when Pub/Sub has stored them. */
export interface EventPublisher {
  publish(event: DomainEvent): Promise<void>;
}
