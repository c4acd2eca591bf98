/** What `sweep` does for the change logs of spaces: raises feeds that a crash left behind, and ends what is old. */
import { type FeedDeps, raiseFeed, takeTurn } from "#shared/changes/raiseFeeds.ts";
import { plusSeconds } from "#shared/platform/clock.ts";
import type { Database } from "#shared/platform/sql/pool.ts";
import { type TimeLimit, UNLIMITED, workThrough } from "#shared/platform/timeLimit.ts";

/** A feed that is late for less is being raised by the writer itself. */
const FEED_GRACE_SECONDS = 5;
/** How long a change is in the log. A phone that was away for longer lists everything again, if it missed anything. */
export const CHANGE_RETENTION_DAYS = 30;

/**
 * Raises the feeds that are behind their logs: of writers that crashed between the commit and the feed, of those that got no CPU
 * after their answer, and of times when Firestore was away. The one that is late for longest comes first.
 */
export async function raiseLateFeeds(
  deps: FeedDeps,
  time: TimeLimit = UNLIMITED,
  limit = 500,
): Promise<{ raised: number; errors: readonly unknown[]; cut: boolean }> {
  const { rows } = await deps.db.query<{ space_id: string }>(
    "SELECT space_id FROM late_feeds WHERE since <= $1 ORDER BY since LIMIT $2",
    [plusSeconds(deps.clock(), -FEED_GRACE_SECONDS), limit],
  );
  const { done, errors, through } = await workThrough(rows, time, async ({ space_id }) => {
    const seq = await takeTurn(space_id, deps);
    if (seq === undefined) return false; // a writer has just raised it
    await raiseFeed(space_id, seq, deps);
    return true;
  });
  return { raised: done, errors, cut: through < rows.length };
}

/** Changes of one space that are deleted in one transaction, which keeps the space's writers waiting. */
const BATCH = 1_000;

/**
 * Deletes changes that are older than the retention, and notes in each space from where on its log is whole. At most `limit` in a run.
 * A thing that changes at this moment moves to the end of its log, and stays.
 * @returns how many went
 */
export async function purgeChanges(
  { db, clock }: { readonly db: Database; readonly clock: FeedDeps["clock"] },
  time: TimeLimit = UNLIMITED,
  limit = 10_000,
): Promise<{ removed: number; errors: readonly unknown[]; cut: boolean }> {
  const before = plusSeconds(clock(), -CHANGE_RETENTION_DAYS * 86_400);
  const { rows } = await db.query<{ space_id: string }>(
    "SELECT DISTINCT space_id FROM (SELECT space_id FROM changes WHERE at < $1 ORDER BY at LIMIT $2) AS old ORDER BY space_id",
    [before, limit],
  );
  let removed = 0;
  const { errors, through } = await workThrough(
    rows,
    time,
    async ({ space_id }) => {
      const gone = await purgeSpace(db, space_id, before);
      removed += gone;
      return gone > 0;
    },
    { atOnce: 1 },
  );
  return { removed, errors, cut: through < rows.length };
}

/** Under the lock of the space's row, as all writers of its log: a reader sees the log with its old beginning, or without it and knowing so. */
function purgeSpace(db: Database, spaceId: string, before: Date): Promise<number> {
  return db.transaction(async (sql) => {
    await sql.query("SELECT FROM spaces WHERE id = $1 FOR NO KEY UPDATE", [spaceId]);
    const { rows } = await sql.query<{ removed: number; last: string | null }>(
      `WITH gone AS (
         DELETE FROM changes WHERE space_id = $1 AND seq IN (
           SELECT seq FROM changes WHERE space_id = $1 AND at < $2 ORDER BY seq LIMIT ${BATCH})
         RETURNING seq
       )
       SELECT count(*)::int AS removed, max(seq) AS last FROM gone`,
      [spaceId, before],
    );
    const { removed = 0, last = null } = rows[0] ?? {};
    if (last !== null)
      await sql.query("UPDATE spaces SET log_after = greatest(log_after, $2) WHERE id = $1", [spaceId, last]);
    return removed;
  });
}
