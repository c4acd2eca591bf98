import { errors } from "#shared/platform/errors.ts";
import type { Database } from "#shared/platform/sql/pool.ts";
import { personOf } from "#shared/spaces/person.ts";

/** What a phone may call itself: its own id for this installation. */
export const DEVICE_ID = /^[A-Za-z0-9._:-]{1,64}$/;
/** Devices of one person; the one unused longest gives way to a new one. */
export const MAX_DEVICES = 20;

export interface Device {
  readonly userId: string;
  readonly id: string;
  readonly platform: "ios" | "android" | "web";
  readonly pushToken: string;
}

/**
 * Notes where a person's push messages go. A token is an installation, and belongs to whoever is signed in there: registering it
 * takes it from whoever had it before, so that nobody reads another person's messages on a phone that changed hands.
 */
export async function registerDevice(device: Device, db: Database, now: Date): Promise<void> {
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

/** @throws `not_found` when the caller has no such device */
export async function forgetDevice(userId: string, id: string, db: Database): Promise<void> {
  const { rowCount } = await db.query("DELETE FROM devices WHERE user_id = $1 AND id = $2", [userId, id]);
  if (!rowCount) throw errors.notFound();
}
