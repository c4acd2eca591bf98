import type { Clock } from "../platform/clock.ts";
import type { Database, Sql } from "../platform/sql/pool.ts";
import type { Change } from "./change.ts";
import type { RaiseFeeds } from "./raiseFeeds.ts";
import { recordChanges } from "./recordChanges.ts";

export interface ChangingDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly raiseFeeds: RaiseFeeds;
}

/**
 * Runs `work` in one transaction that ends with writing its changes to the logs, and raises the feeds after the commit.
 * @param work puts what members see changed into `changes`. Like every transaction's work it may run again
 * @returns what `work` returns
 */
export async function changing<T>(
  deps: ChangingDeps,
  work: (sql: Sql, changes: Change[]) => Promise<T>,
): Promise<T> {
  const { result, recorded } = await deps.db.transaction(async (sql) => {
    const changes: Change[] = [];
    const result = await work(sql, changes);
    return { result, recorded: await recordChanges(sql, changes, deps.clock()) };
  });
  await deps.raiseFeeds(recorded);
  return result;
}
