import { z } from "@hono/zod-openapi";
import type { Clock } from "#shared/platform/clock.ts";
import { jsonBody } from "#shared/platform/http/content.ts";
import { route } from "#shared/platform/http/route.ts";
import type { Database } from "#shared/platform/sql/pool.ts";
import { personOf } from "#shared/spaces/person.ts";

/** What a phone may call itself: its own id for this installation. */
export const DEVICE_ID = /^[A-Za-z0-9._:-]{1,64}$/;
/** Devices of one person; the one unused longest gives way to a new one. */
export const MAX_DEVICES = 20;

interface Device {
  readonly userId: string;
  readonly id: string;
  readonly platform: "ios" | "android" | "web";
  readonly pushToken: string;
}

/**
 * Notes where a person's push messages go. A token is an installation, and belongs to whoever is signed in there: registering it
 * takes it from whoever had it before, so that nobody reads another person's messages on a phone that changed hands.
 */
export async function registerDevice(
  device: Device,
  { db, clock }: { readonly db: Database; readonly clock: Clock },
): Promise<void> {
  const now = clock();
  const { userId, id, platform, pushToken } = device;
  await db.transaction(async (sql) => {
    await personOf(sql, userId, "update"); // one registration of a person at a time
    await sql.query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", [`push token ${pushToken}`]);
    await sql.query("DELETE FROM devices WHERE push_token = $1 AND (user_id, id) <> ($2, $3)", [
      pushToken,
      userId,
      id,
    ]);
    await sql.query(
      `INSERT INTO devices (user_id, id, platform, push_token, updated_at) VALUES ($1, $2, $3, $4, $5)
       ON CONFLICT (user_id, id) DO UPDATE SET
         platform = excluded.platform, push_token = excluded.push_token, updated_at = excluded.updated_at`,
      [userId, id, platform, pushToken, now],
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
    await perform({ userId: c.var.account.userId, ...c.req.valid("param"), ...c.req.valid("json") });
    return c.body(null, 204);
  },
);
