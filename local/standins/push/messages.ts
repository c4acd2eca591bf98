/** What a push message may look like: the v1 message of Firebase Cloud Messaging, for one device. */
import { z } from "zod";

/** The most that `notification` and `data` may take together, in bytes of JSON (https://firebase.google.com/docs/cloud-messaging). */
export const MAX_PAYLOAD_BYTES = 4096;

const platform = z.record(z.string(), z.unknown());

/**
 * https://firebase.google.com/docs/reference/fcm/rest/v1/projects.messages. Topics and conditions are left out: a message here goes
 * to one device. What is inside the platforms' own parts is theirs to judge.
 */
export const pushMessage = z.strictObject({
  token: z.string().min(1).max(4096),
  notification: z
    .strictObject({ title: z.string().optional(), body: z.string().optional(), image: z.string().optional() })
    .optional(),
  /** FCM takes strings only; a number here fails in production. */
  data: z.record(z.string().min(1), z.string()).optional(),
  android: platform.optional(),
  apns: platform.optional(),
  webpush: platform.optional(),
  fcm_options: platform.optional(),
  fcmOptions: platform.optional(),
});
export type PushMessage = z.output<typeof pushMessage>;

/** The body of `messages:send`. */
export const sendRequest = z.strictObject({
  message: pushMessage,
  validate_only: z.boolean().optional(),
  validateOnly: z.boolean().optional(),
});

/** Bytes that count toward the limit. */
export function payloadBytes({ notification, data }: PushMessage): number {
  return Buffer.byteLength(JSON.stringify({ ...notification, ...data }));
}
