/** Push messages by Firebase Cloud Messaging's HTTP v1 API: https://firebase.google.com/docs/reference/fcm/rest/v1/projects.messages */
import { z } from "zod";
import { errors } from "#shared/platform/errors.ts";
import type { Text } from "./texts.ts";

export interface Push {
  readonly token: string;
  readonly text: Text;
  readonly data: Readonly<Record<string, string>>;
  /** At most 64 bytes. Messages with one tag replace each other on the phone, so one that was sent twice is seen once. */
  readonly tag: string;
}

/**
 * - `dead`: the app was removed from that device, or the token replaced; it never works again.
 * - `refused`: this message can't be delivered to that token, now or later.
 */
export type PushOutcome = "sent" | "dead" | "refused";

export interface PushSender {
  /** @throws `unavailable` when the service is away, overloaded, or doesn't let us in: worth another try later */
  send(push: Push): Promise<PushOutcome>;
}

export const FCM_ORIGIN = "https://fcm.googleapis.com";
const TIMEOUT_MS = 10_000;
/** How long the service tries to reach a phone that is off, in seconds; an older message has lost its use. */
const LIFETIME_SECONDS = 2 * 86_400;

/**
 * @param options.origin another service that speaks the same API, instead of Google's
 * @param options.accessToken of an account that may send; none is sent when it is left out
 */
export function createPushSender(options: {
  projectId: string;
  origin?: string;
  accessToken?: () => Promise<string>;
  now: () => Date;
}): PushSender {
  const url = `${options.origin ?? FCM_ORIGIN}/v1/projects/${options.projectId}/messages:send`;
  return {
    async send(push) {
      const answer = await orUnavailable(async () =>
        fetch(url, {
          method: "POST",
          headers: {
            "content-type": "application/json",
            ...(options.accessToken ? { authorization: `Bearer ${await options.accessToken()}` } : {}),
          },
          body: JSON.stringify({ message: messageOf(push, options.now()) }),
          signal: AbortSignal.timeout(TIMEOUT_MS),
        }),
      );
      if (answer.ok) {
        await answer.body?.cancel();
        return "sent";
      }
      return outcomeOf(answer.status, await orUnavailable(() => answer.text()));
    },
  };
}

function messageOf({ token, text, data, tag }: Push, now: Date): Record<string, unknown> {
  const endsAt = Math.floor(now.getTime() / 1000) + LIFETIME_SECONDS;
  return {
    token,
    notification: text,
    data,
    android: { priority: "HIGH", ttl: `${LIFETIME_SECONDS}s`, notification: { tag } },
    apns: {
      headers: { "apns-priority": "10", "apns-expiration": String(endsAt), "apns-collapse-id": tag },
      payload: { aps: { sound: "default" } },
    },
  };
}

const errorSchema = z.object({
  error: z.object({
    details: z.array(z.object({ errorCode: z.string().optional() })).optional(),
  }),
});

/** By the service's own error code: a bare 404 is a wrong address of ours, and must not cost anyone their token. */
function outcomeOf(status: number, body: string): PushOutcome {
  const code = errorCodeOf(body);
  if (code === "UNREGISTERED") return "dead";
  if (code === "INVALID_ARGUMENT" || code === "SENDER_ID_MISMATCH") return "refused";
  throw errors.unavailable(`the push service answered ${status} ${code ?? ""}`.trimEnd());
}

function errorCodeOf(body: string): string | undefined {
  try {
    const parsed = errorSchema.safeParse(JSON.parse(body));
    return parsed.data?.error.details?.find((detail) => detail.errorCode !== undefined)?.errorCode;
  } catch {
    return undefined;
  }
}

async function orUnavailable<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw errors.unavailable("the push service can't be reached", { cause });
  }
}
