import type { Clock } from "../platform/clock.ts";
import type { Logger } from "../platform/log/logger.ts";
import type { Sql } from "../platform/sql/pool.ts";
import type { DomainEvent, EventPublisher } from "./event.ts";

/**
 * Publishes events that were just committed to the outbox and marks them as published. Never throws: an event that could not be
 * published, or was published and not marked, stays in the outbox for `sweep`. `notify` recognises a repeated event by its id.
 */
export function publishEvents(deps: {
  db: Sql;
  publisher: EventPublisher;
  clock: Clock;
  log: Logger;
}): (events: readonly DomainEvent[]) => Promise<void> {
  return async (events) => {
    for (const event of events) {
      try {
        await deps.publisher.publish(event);
        await deps.db.query("UPDATE outbox SET published_at = $2 WHERE id = $1 AND published_at IS NULL", [
          event.id,
          deps.clock(),
        ]);
      } catch (error) {
        deps.log.warn("event_left_in_outbox", { type: event.type, error });
      }
    }
  };
}
