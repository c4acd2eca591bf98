import type { Sql } from "../platform/sql/pool.ts";
import type { DomainEvent } from "./event.ts";

/**
 * Puts an event into the outbox, in the transaction of the change it tells of: both are committed or neither. An event whose id is
 * there already is left as it is, so a repeated change tells nothing twice.
 * @returns whether it was new
 */
export async function enqueueEvent(sql: Sql, event: DomainEvent): Promise<boolean> {
  const { rowCount } = await sql.query(
    "INSERT INTO outbox (id, event, created_at) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING",
    [event.id, JSON.stringify(event), event.at],
  );
  return rowCount === 1;
}
