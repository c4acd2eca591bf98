import type { SettingsOf } from "../config/settings.ts";
import { accessTokens } from "../google/accessTokens.ts";
import { RestCallError, restCaller } from "../google/restCall.ts";
import { grpcStatus } from "../grpcStatus.ts";
import { traceHeaders } from "../trace.ts";
import { JOB_EVENTS_TOPIC } from "./topics.ts";

export interface Publisher {
  /** Resolves once Pub/Sub has the message. Its type and the current trace become attributes. */
  publish(message: { readonly type: string }): Promise<void>;
}

const SCOPE = "https://www.googleapis.com/auth/pubsub";
/** After which another try may do: https://docs.cloud.google.com/pubsub/docs/reference/error-codes */
const PASSING: readonly number[] = [
  grpcStatus.aborted,
  grpcStatus.cancelled,
  grpcStatus.deadlineExceeded,
  grpcStatus.internal,
  grpcStatus.resourceExhausted,
  grpcStatus.unavailable,
];
const TRIES = 3;
/** So that all tries end before the function's own time: a change that is committed must not look as if it had failed, because its event can't be sent. */
const TIMEOUT_MS = 10_000;
const WAIT_MS = 100;

/**
 * A publisher to the topic `job-events`, by the REST interface: Google's library brings gRPC and protocol buffers, which cost more to load and for
 * each message than all else that a function does. Make one per instance. A message is sent at once, since a serverless instance may be
 * frozen after its answer; who receives it knows a repeated one by its id. The emulator is found by PUBSUB_EMULATOR_HOST, as everywhere.
 * @param timeoutMs how long an answer may take, in milliseconds
 */
export function createPublisher(
  settings: SettingsOf<"GOOGLE_CLOUD_PROJECT">,
  timeoutMs = TIMEOUT_MS,
): Publisher {
  const call = restCaller({
    host: "pubsub.googleapis.com",
    emulator: process.env.PUBSUB_EMULATOR_HOST,
    accessToken: accessTokens(SCOPE),
    timeoutMs,
  });
  const path = `projects/${settings.GOOGLE_CLOUD_PROJECT}/topics/${JOB_EVENTS_TOPIC}:publish`;
  return {
    async publish(message) {
      const data = Buffer.from(JSON.stringify(message)).toString("base64");
      const body = { messages: [{ data, attributes: { type: message.type, ...traceHeaders() } }] };
      for (let attempt = 1; ; attempt++) {
        try {
          await call(path, body);
          return;
        } catch (error) {
          const mayPass = error instanceof RestCallError && PASSING.includes(error.code);
          if (!mayPass || attempt === TRIES) throw error;
          await new Promise((resolve) => setTimeout(resolve, Math.random() * WAIT_MS * 2 ** attempt));
        }
      }
    },
  };
}
