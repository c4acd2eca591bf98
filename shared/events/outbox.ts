import type { Sql } from "../sql/pool.ts";
import type { DomainEvent } from "./event.ts";

/**
 * Puts an event into the outbox, in the transaction of the change it tells of: both are committed or neither. An event whose id is
 * there already is left as it is, so a repeated change tells nothing twice.
 */
export async function enqueueEvent(sql: Sql, event: DomainEvent): Promise<void> {
  await sql.query(
    "INSERT INTO outbox (id, event, created_at) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING",
    [event.id, JSON.stringify(event), event.at],
  );
}
