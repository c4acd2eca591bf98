/** What `sweep` does for events on their way to phones: publishes what was left unpublished or waits, and deletes what is old. */

import { type DomainEvent, type EventPublisher, eventSchema } from "#shared/events/event.ts";
import { type Clock, plusSeconds } from "#shared/platform/clock.ts";
import type { Sql } from "#shared/platform/sql/pool.ts";
import { type TimeLimit, UNLIMITED, workThrough } from "#shared/platform/timeLimit.ts";

/** Pub/Sub delivers a message for seven days at most, so what is kept longer can't be delivered again. */
export const NOTIFICATION_DAYS = 14;

export interface RepublishDeps {
  readonly db: Sql;
  readonly publisher: EventPublisher;
  readonly clock: Clock;
}

export interface Republished {
  readonly published: number;
  /** Those that couldn't be published and stay. */
  readonly errors: readonly unknown[];
  /** Whether the time was over before the last one. */
  readonly cut: boolean;
}

/**
 * Publishes events that are in the outbox for some seconds and weren't published: of functions that leave it to this, and of
 * crashes between the commit and the publication. Oldest first.
 */
export async function publishOutbox(
  deps: RepublishDeps,
  time = UNLIMITED,
  limit = 500,
): Promise<Republished> {
  const { rows } = await deps.db.query<{ id: string; event: unknown }>(
    "SELECT id, event FROM outbox WHERE published_at IS NULL AND created_at <= $1 ORDER BY created_at LIMIT $2",
    [plusSeconds(deps.clock(), -5), limit],
  );
  return publishEach(rows, deps, time, async (ids) => {
    await deps.db.query("UPDATE outbox SET published_at = $2 WHERE id = ANY($1) AND published_at IS NULL", [
      ids,
      deps.clock(),
    ]);
  });
}

/**
 * Publishes again the events with a delivery that is due for a minute and that no sender has: quiet hours that have ended, and claims
 * of senders that crashed. `notify` notifies those devices only.
 */
export async function republishDue(deps: RepublishDeps, time = UNLIMITED, limit = 200): Promise<Republished> {
  const now = deps.clock();
  const { rows } = await deps.db.query<{ id: string; event: unknown }>(
    `SELECT n.event_id AS id, n.event FROM notifications n
     WHERE n.event_id IN (
       SELECT d.event_id FROM notification_deliveries d
       WHERE d.ended_at IS NULL AND d.due_at <= $1 AND (d.claimed_until IS NULL OR d.claimed_until <= $2)
       ORDER BY d.due_at LIMIT $3)`,
    [plusSeconds(now, -60), now, limit],
  );
  return publishEach(rows, deps, time, async () => {});
}

/**
 * Deletes notifications and published events of the outbox that can't be delivered again, at most `limit` of each.
 * @returns how many rows went
 */
export async function purgeNotifications(sql: Sql, now: Date, limit = 10_000): Promise<number> {
  const before = plusSeconds(now, -NOTIFICATION_DAYS * 86_400);
  const notifications = await sql.query(
    `DELETE FROM notifications WHERE event_id IN
       (SELECT event_id FROM notifications WHERE received_at < $1 LIMIT $2 FOR UPDATE SKIP LOCKED)`,
    [before, limit],
  );
  const outbox = await sql.query(
    "DELETE FROM outbox WHERE id IN (SELECT id FROM outbox WHERE published_at < $1 LIMIT $2 FOR UPDATE SKIP LOCKED)",
    [before, limit],
  );
  return (notifications.rowCount ?? 0) + (outbox.rowCount ?? 0);
}

async function publishEach(
  rows: ReadonlyArray<{ id: string; event: unknown }>,
  deps: RepublishDeps,
  time: TimeLimit,
  mark: (ids: string[]) => Promise<void>,
): Promise<Republished> {
  const ids: string[] = [];
  const { done, errors, through } = await workThrough(rows, time, async (row) => {
    const event: DomainEvent = eventSchema.parse(row.event);
    await deps.publisher.publish(event);
    ids.push(row.id);
    return true;
  });
  // After the time too: what was published and is not marked is published again, which only costs.
  if (ids.length > 0) await mark(ids);
  return { published: done, errors, cut: through < rows.length };
}
