import type { Topic } from "@google-cloud/pubsub";
import type { SettingsOf } from "../config/settings.ts";
import { lazy } from "../lazy.ts";
import { traceHeaders } from "../trace.ts";
import { JOB_EVENTS_TOPIC } from "./topics.ts";

export interface Publisher {
  /** Resolves once Pub/Sub has the message. Its type and the current trace become attributes. */
  publish(message: { readonly type: string }): Promise<void>;
}

/** A publisher to the topic `job-events`; make one per instance. Google's library is loaded when there is first something to publish. */
export function createPublisher(settings: SettingsOf<"GOOGLE_CLOUD_PROJECT">): Publisher {
  const topic = lazy(async (): Promise<Topic> => {
    const { PubSub } = await import("@google-cloud/pubsub");
    return new PubSub({ projectId: settings.GOOGLE_CLOUD_PROJECT }).topic(JOB_EVENTS_TOPIC, {
      // A serverless instance may be frozen after its answer, so nothing waits for a batch to fill.
      batching: { maxMessages: 1 },
    });
  });
  return {
    async publish(message) {
      const attributes = { type: message.type, ...traceHeaders() };
      await (await topic()).publishMessage({ json: message, attributes });
    },
  };
}
