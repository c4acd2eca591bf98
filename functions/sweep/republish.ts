/** What `sweep` does for news that is under way: publishes what was left unpublished, wakes what waits, forgets what is old. */

import { type DomainEvent, type EventPublisher, eventSchema } from "#shared/events/event.ts";
import { type Clock, plusSeconds } from "#shared/platform/clock.ts";
import type { Sql } from "#shared/platform/sql/pool.ts";

/** Pub/Sub delivers a message for seven days at most, so what is kept longer can't be delivered again. */
export const NEWS_DAYS = 14;

export interface RepublishDeps {
  readonly db: Sql;
  readonly publisher: EventPublisher;
  readonly clock: Clock;
}

export interface Republished {
  readonly published: number;
  /** Those that couldn't be published and stay. */
  readonly errors: unknown[];
}

/**
 * Publishes events that are in the outbox for some seconds and weren't published: of functions that leave it to this, and of
 * crashes between the commit and the publication. Oldest first.
 */
export async function publishOutbox(deps: RepublishDeps, limit = 500): Promise<Republished> {
  const { rows } = await deps.db.query<{ id: string; event: unknown }>(
    "SELECT id, event FROM outbox WHERE published_at IS NULL AND created_at <= $1 ORDER BY created_at LIMIT $2",
    [plusSeconds(deps.clock(), -5), limit],
  );
  return publishEach(rows, deps, async (ids) => {
    await deps.db.query("UPDATE outbox SET published_at = $2 WHERE id = ANY($1) AND published_at IS NULL", [
      ids,
      deps.clock(),
    ]);
  });
}

/**
 * Publishes again the events of which some device is due for a minute and nobody is sending: quiet hours that have ended, and claims
 * of senders that crashed. `notify` tells those devices only.
 */
export async function wakeNews(deps: RepublishDeps, limit = 200): Promise<Republished> {
  const now = deps.clock();
  const { rows } = await deps.db.query<{ id: string; event: unknown }>(
    `SELECT n.event_id AS id, n.event FROM news n
     WHERE n.event_id IN (
       SELECT w.event_id FROM notifications w
       WHERE w.settled_at IS NULL AND w.due_at <= $1 AND (w.claimed_until IS NULL OR w.claimed_until <= $2)
       ORDER BY w.due_at LIMIT $3)`,
    [plusSeconds(now, -60), now, limit],
  );
  return publishEach(rows, deps, async () => {});
}

/** Forgets news, and published outbox entries, that can't be delivered again. @returns how many rows went */
export async function purgeNews(sql: Sql, now: Date): Promise<number> {
  const before = plusSeconds(now, -NEWS_DAYS * 86_400);
  const news = await sql.query("DELETE FROM news WHERE received_at < $1", [before]);
  const outbox = await sql.query("DELETE FROM outbox WHERE published_at < $1", [before]);
  return (news.rowCount ?? 0) + (outbox.rowCount ?? 0);
}

async function publishEach(
  rows: ReadonlyArray<{ id: string; event: unknown }>,
  deps: RepublishDeps,
  mark: (ids: string[]) => Promise<void>,
): Promise<Republished> {
  const ids: string[] = [];
  const errors: unknown[] = [];
  for (const row of rows) {
    try {
      const event: DomainEvent = eventSchema.parse(row.event);
      await deps.publisher.publish(event);
      ids.push(row.id);
    } catch (error) {
      errors.push(error);
    }
  }
  if (ids.length > 0) await mark(ids);
  return { published: ids.length, errors };
}
