import { PubSub } from "@google-cloud/pubsub";
import type { EventPublisher } from "#shared/events/event.ts";
import { JOB_EVENTS_TOPIC } from "#shared/manifest.ts";

/** A publisher to the topic `job-events`; make one per instance (through `lazy`). */
export function createPublisher(settings: { GOOGLE_CLOUD_PROJECT: string }): EventPublisher {
  const topic = new PubSub({ projectId: settings.GOOGLE_CLOUD_PROJECT }).topic(JOB_EVENTS_TOPIC, {
    // A serverless instance may be frozen after its answer, so nothing waits for a batch to fill.
    batching: { maxMessages: 1 },
  });
  return {
    async publish(event) {
      await topic.publishMessage({ json: event, attributes: { type: event.type } });
    },
  };
}
