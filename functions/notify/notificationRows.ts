/** The SQL of notifications and of their deliveries to devices. */
import type { DomainEvent } from "#shared/events/event.ts";
import type { Language } from "#shared/platform/language.ts";
import type { Sql } from "#shared/platform/sql/pool.ts";
import { rolesWith } from "#shared/spaces/spaceTypes.ts";

/** A device that an event is for, with the wishes of its person. */
export interface Recipient {
  readonly userId: string;
  readonly deviceId: string;
  readonly pushToken: string;
  readonly language: Language;
  readonly timeZone: string;
  /** `HH:MM`, both or neither. */
  readonly quietFrom: string | null;
  readonly quietTo: string | null;
}

export interface DeviceKey {
  readonly userId: string;
  readonly deviceId: string;
}

/** How a delivery ended; `withdrawn` when the device may not get it any more, or it is too old. */
export type DeliveryOutcome = "sent" | "refused" | "withdrawn";

/** Devices an event may go to; a family has a few. */
const MOST_DEVICES = 500;

/**
 * Writes the event down.
 * @returns `known` when it was there before; `without_subject` when the space or person it is about is gone: then there is no one to notify
 */
export async function recordNotification(
  sql: Sql,
  event: DomainEvent,
  now: Date,
): Promise<"new" | "known" | "without_subject"> {
  const about = event.type === "invited" ? { userId: event.userId } : { spaceId: event.spaceId };
  const added = await sql.query(
    `INSERT INTO notifications (event_id, event, space_id, user_id, received_at)
     SELECT $1, $2::jsonb, s.id, u.id, $5
     FROM (SELECT 1) AS one
       LEFT JOIN spaces s ON s.id = $3
       LEFT JOIN users u ON u.id = $4
     WHERE num_nonnulls(s.id, u.id) = 1
     ON CONFLICT (event_id) DO NOTHING`,
    [event.id, JSON.stringify(event), about.spaceId ?? null, about.userId ?? null, now],
  );
  if (added.rowCount === 1) return "new";
  const { rowCount } = await sql.query("SELECT 1 FROM notifications WHERE event_id = $1", [event.id]);
  return rowCount === 1 ? "known" : "without_subject";
}

/** The devices an event is for, as things are now. A device whose session has ended, also by its time, is none. */
export function recipientsOf(sql: Sql, event: DomainEvent, now: Date): Promise<Recipient[]> {
  return findRecipients(sql, event, now, { userId: null, deviceId: null });
}

/** One device, if the event is for it as things are now; asked right before each sending. */
export async function recipientNow(
  sql: Sql,
  event: DomainEvent,
  now: Date,
  device: DeviceKey,
): Promise<Recipient | undefined> {
  return (await findRecipients(sql, event, now, device))[0];
}

async function findRecipients(
  sql: Sql,
  event: DomainEvent,
  now: Date,
  only: { readonly userId: string | null; readonly deviceId: string | null },
): Promise<Recipient[]> {
  const { type: of } = event;
  const roles = of === "invited" ? [] : rolesWith(({ notifiedOf }) => notifiedOf.includes(of));
  const condition =
    of === "invited"
      ? "u.id = $1 AND $2::text[] = $6::text[]" // both are empty
      : `EXISTS (SELECT 1 FROM space_members m WHERE m.user_id = u.id AND m.space_id = $1
           AND (m.space_type, m.role) IN (SELECT * FROM unnest($2::text[], $6::text[])))`;
  const { rows } = await sql.query<{ [Field in keyof Recipient]: Recipient[Field] }>(
    `SELECT d.user_id AS "userId", d.id AS "deviceId", d.push_token AS "pushToken", u.language, u.time_zone AS "timeZone",
       to_char(u.quiet_from, 'HH24:MI') AS "quietFrom", to_char(u.quiet_to, 'HH24:MI') AS "quietTo"
     FROM devices d JOIN users u ON u.id = d.user_id JOIN sessions s ON s.id = d.session_id
     WHERE ${condition} AND ($7 OR u.notify_bests) AND s.ended_at IS NULL AND s.expires_at > $3
       AND ($4::text IS NULL OR (d.user_id = $4 AND d.id = $5))
     ORDER BY d.user_id, d.id LIMIT ${MOST_DEVICES}`,
    [
      of === "invited" ? event.userId : event.spaceId,
      roles.map(({ type }) => type),
      now,
      only.userId,
      only.deviceId,
      roles.map(({ role }) => role),
      of !== "best_beaten",
    ],
  );
  return rows;
}

/** Notes that these devices are to be notified, each from its time on; one that is noted already stays as it is. */
export async function addDeliveries(
  sql: Sql,
  eventId: string,
  items: ReadonlyArray<DeviceKey & { dueAt: Date }>,
): Promise<void> {
  await sql.query(
    `INSERT INTO notification_deliveries (event_id, user_id, device_id, due_at)
     SELECT $1, d.user_id, d.id, item.due_at
     FROM unnest($2::text[], $3::text[], $4::timestamptz[]) AS item (user_id, device_id, due_at)
       JOIN devices d ON d.user_id = item.user_id AND d.id = item.device_id
     ON CONFLICT DO NOTHING`,
    [
      eventId,
      items.map((item) => item.userId),
      items.map((item) => item.deviceId),
      items.map((item) => item.dueAt),
    ],
  );
}

/** Claims the deliveries of an event that are due and that no other sender has. */
export async function claimDeliveries(
  sql: Sql,
  eventId: string,
  { now, until }: { now: Date; until: Date },
): Promise<DeviceKey[]> {
  const { rows } = await sql.query<{ userId: string; deviceId: string }>(
    `UPDATE notification_deliveries SET claimed_until = $3
     WHERE event_id = $1 AND ended_at IS NULL AND due_at <= $2 AND (claimed_until IS NULL OR claimed_until <= $2)
     RETURNING user_id AS "userId", device_id AS "deviceId"`,
    [eventId, now, until],
  );
  return rows;
}

export async function endDelivery(
  sql: Sql,
  eventId: string,
  { userId, deviceId }: DeviceKey,
  outcome: DeliveryOutcome,
  now: Date,
): Promise<void> {
  await sql.query(
    `UPDATE notification_deliveries SET outcome = $4, ended_at = $5
     WHERE event_id = $1 AND user_id = $2 AND device_id = $3 AND ended_at IS NULL`,
    [eventId, userId, deviceId, outcome, now],
  );
}

/** Gives a claim back, to be sent at `dueAt` or later. */
export async function giveBackDelivery(
  sql: Sql,
  eventId: string,
  { userId, deviceId }: DeviceKey,
  dueAt: Date,
): Promise<void> {
  await sql.query(
    `UPDATE notification_deliveries SET claimed_until = NULL, due_at = $4
     WHERE event_id = $1 AND user_id = $2 AND device_id = $3 AND ended_at IS NULL`,
    [eventId, userId, deviceId, dueAt],
  );
}

/** Deletes a device whose token is dead, with its deliveries. @returns false when it has another token by now, and stays */
export async function forgetToken(
  sql: Sql,
  { userId, deviceId }: DeviceKey,
  pushToken: string,
): Promise<boolean> {
  await sql.query("DELETE FROM devices WHERE user_id = $1 AND id = $2 AND push_token = $3", [
    userId,
    deviceId,
    pushToken,
  ]);
  const left = await sql.query("SELECT 1 FROM devices WHERE user_id = $1 AND id = $2", [userId, deviceId]);
  return left.rowCount === 0;
}
