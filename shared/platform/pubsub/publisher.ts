import { PubSub } from "@google-cloud/pubsub";
import type { SettingsOf } from "../config/settings.ts";
import { traceHeaders } from "../trace.ts";
import { JOB_EVENTS_TOPIC } from "./topics.ts";

export interface Publisher {
  /** Resolves once Pub/Sub has the message. Its type and the current trace become attributes. */
  publish(message: { readonly type: string }): Promise<void>;
}

/** A publisher to the topic `job-events`; make one per instance (through `lazy`). */
export function createPublisher(settings: SettingsOf<"GOOGLE_CLOUD_PROJECT">): Publisher {
  const topic = new PubSub({ projectId: settings.GOOGLE_CLOUD_PROJECT }).topic(JOB_EVENTS_TOPIC, {
    // A serverless instance may be frozen after its answer, so nothing waits for a batch to fill.
    batching: { maxMessages: 1 },
  });
  return {
    async publish(message) {
      await topic.publishMessage({ json: message, attributes: { type: message.type, ...traceHeaders() } });
    },
  };
}
