import { z } from "@hono/zod-openapi";
import type { Clock } from "#shared/platform/clock.ts";
import { errors } from "#shared/platform/errors.ts";
import { jsonBody } from "#shared/platform/http/content.ts";
import { route } from "#shared/platform/http/route.ts";
import type { Database, Sql } from "#shared/platform/sql/pool.ts";
import { personOf } from "#shared/spaces/person.ts";

/** What a phone may call itself: its own id for this installation. */
export const DEVICE_ID = /^[A-Za-z0-9._:-]{1,64}$/;
/** Devices of one person; the one unused longest gives way to a new one. */
export const MAX_DEVICES = 20;

interface Device {
  readonly userId: string;
  /** The session that registers it; the device ends with it. */
  readonly sessionId: string;
  readonly id: string;
  readonly platform: "ios" | "android" | "web";
  readonly pushToken: string;
}

/**
 * Notes where a person's push messages go. A token is an installation, and belongs to the person who is signed in there: registering it
 * takes it from the person who had it before, so that no one reads another person's messages on a phone that changed hands. The device
 * belongs to the session that registers it, and is deleted when that session ends; registering it again moves it to another session.
 * @throws `token_invalid` when the session has ended, since its access token may outlive it by ten minutes
 */
export async function registerDevice(
  device: Device,
  { db, clock }: { readonly db: Database; readonly clock: Clock },
): Promise<void> {
  const now = clock();
  const { userId, sessionId, id, platform, pushToken } = device;
  await db.transaction(async (sql) => {
    await personOf(sql, userId, "update"); // one registration of a person at a time
    await holdSession(sql, { userId, sessionId }, now);
    await sql.query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", [`push token ${pushToken}`]);
    await sql.query("DELETE FROM devices WHERE push_token = $1 AND (user_id, id) <> ($2, $3)", [
      pushToken,
      userId,
      id,
    ]);
    await sql.query(
      `INSERT INTO devices (user_id, id, session_id, platform, push_token, updated_at) VALUES ($1, $2, $3, $4, $5, $6)
       ON CONFLICT (user_id, id) DO UPDATE SET
         session_id = excluded.session_id, platform = excluded.platform, push_token = excluded.push_token,
         updated_at = excluded.updated_at`,
      [userId, id, sessionId, platform, pushToken, now],
    );
    await sql.query(
      `DELETE FROM devices WHERE user_id = $1 AND id IN
         (SELECT id FROM devices WHERE user_id = $1 ORDER BY updated_at DESC, id = $2 DESC OFFSET $3)`,
      [userId, id, MAX_DEVICES],
    );
  });
}

export const registerDeviceRoute = route(
  {
    operationId: "registerDevice",
    access: "account",
    method: "put",
    path: "/v1/devices/{id}",
    summary: "Have push messages sent to this device",
    request: {
      params: z.object({
        id: z.string().regex(DEVICE_ID).describe("Chosen by the phone: its own id for this installation."),
      }),
      body: jsonBody(
        z.strictObject({
          platform: z.enum(["ios", "android", "web"]),
          pushToken: z.string().regex(/^[\x21-\x7e]{1,1024}$/, "expected 1 to 1024 visible ASCII characters"),
        }),
      ),
    },
    responses: { 204: { description: "Registered; the token is no one else's any more." } },
    errors: [],
  },
  registerDevice,
  async (c, perform) => {
    const { userId, sessionId } = c.var.account;
    await perform({ userId, sessionId, ...c.req.valid("param"), ...c.req.valid("json") });
    return c.body(null, 204);
  },
);

/** Keeps a live session from ending until the transaction does, so that its end finds what was registered. */
async function holdSession(
  sql: Sql,
  { userId, sessionId }: Pick<Device, "userId" | "sessionId">,
  now: Date,
): Promise<void> {
  const { rowCount } = await sql.query(
    "SELECT FROM sessions WHERE id = $1 AND user_id = $2 AND ended_at IS NULL AND expires_at > $3 FOR SHARE",
    [sessionId, userId, now],
  );
  if (!rowCount) throw errors.tokenInvalid("this session has ended");
}
