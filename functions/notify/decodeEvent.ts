import type { CloudEvent } from "@google-cloud/functions-framework";
import { z } from "zod";
import { type DomainEvent, eventSchema } from "#shared/events/event.ts";

/** A Pub/Sub message as Eventarc delivers it (`google.cloud.pubsub.topic.v1.messagePublished`). */
const publishedSchema = z.object({ message: z.object({ data: z.string() }) });

/**
 * The domain event that a Pub/Sub message carries.
 * @returns undefined for a message that isn't one of ours; delivering it again wouldn't help
 */
export function decodeEvent(event: Pick<CloudEvent<unknown>, "data">): DomainEvent | undefined {
  const published = publishedSchema.safeParse(event.data);
  if (!published.success) return undefined;
  try {
    const json: unknown = JSON.parse(Buffer.from(published.data.message.data, "base64").toString("utf8"));
    return eventSchema.safeParse(json).data;
  } catch {
    return undefined;
  }
}
