import type { DomainEvent } from "../../events/event.ts";
import type { Sql } from "../../platform/sql/pool.ts";
import type { Result } from "../resultDocument.ts";

/**
 * What is kept of a kind's results in tables of its own, beside `resources`: written in the transaction that writes the resource, gone with it by a
 * foreign key, and compared with the document by reconciliation.
 */
export interface Projection {
  /** Who the rows are about. There are none once that person has no account. */
  personOf(result: Result): string;
  /** The rows that a result is to have, in a form that JSON keeps. */
  rowsOf(result: Result): unknown;
  /** Makes the rows of a resource what the result says. A person who has no account gets none. */
  put(sql: Sql, resourceId: string, result: Result): Promise<void>;
  /** What phones are notified of when a result comes for the first time, after its rows are there. */
  eventOf(sql: Sql, resourceId: string, result: Result, now: Date): Promise<DomainEvent | undefined>;
  /** The rows of these resources as they are, in the form of `rowsOf`; those without rows are left out. */
  stored(sql: Sql, resourceIds: readonly string[]): Promise<ReadonlyMap<string, unknown>>;
}
