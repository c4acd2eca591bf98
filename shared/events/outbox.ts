import type { Sql } from "../platform/sql/pool.ts";
import type { DomainEvent } from "./event.ts";

/**
 * Puts an event into the outbox, in the transaction of the change it reports: both are committed or neither. An event whose id is
 * there already stays as it is, so a repeated change adds no second event.
 * @returns whether it was added
 */
export async function enqueueEvent(sql: Sql, event: DomainEvent): Promise<boolean> {
  const { rowCount } = await sql.query(
    "INSERT INTO outbox (id, event, created_at) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING",
    [event.id, JSON.stringify(event), event.at],
  );
  return rowCount === 1;
}
