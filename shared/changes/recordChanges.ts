import type { Sql } from "../platform/sql/pool.ts";
import type { Change } from "./change.ts";

/** The changes of one space that one transaction wrote. */
export interface Recorded {
  readonly spaceId: string;
  /** Of the last of them. */
  readonly seq: number;
  /** Whether it is this writer's turn to raise the space's feed, once the transaction is committed. */
  readonly raises: boolean;
}

/** A space's feed in Firestore is raised at most once in this time. */
export const FEED_SECONDS = 1;

/**
 * Writes changes to the change log of each space, in the transaction that makes them. The last thing before its commit: from here on the
 * rows of the spaces are locked, so each of their other writers waits. So numbers have no gap, and become visible in their order: a reader that
 * has seen one has seen all before it. Several spaces are locked in the order of their ids. A space that is gone has no log.
 * @param sql a transaction, at the isolation "read committed"
 * @param now the time of the changes
 * @returns what is given to `raiseFeeds` after the commit
 */
export async function recordChanges(
  sql: Sql,
  changes: readonly Change[],
  now: Date,
): Promise<readonly Recorded[]> {
  const recorded: Recorded[] = [];
  const spaces = [...new Set(changes.map(({ spaceId }) => spaceId))].sort();
  for (const spaceId of spaces) {
    const written = await write(sql, spaceId, lastOfEach(changes, spaceId), now);
    if (written) recorded.push(written);
  }
  return recorded;
}

/** Of several changes of one thing the last. */
function lastOfEach(changes: readonly Change[], spaceId: string): Change[] {
  const last = new Map<string, Change>();
  for (const change of changes) {
    if (change.spaceId !== spaceId) continue;
    const key = `${change.type} ${change.id}`;
    last.delete(key);
    last.set(key, change);
  }
  return [...last.values()];
}

/**
 * One statement, whose cost doesn't depend on how long the log is. It waits for the space's row, and then goes on with the row as the writer
 * before left it.
 */
async function write(
  sql: Sql,
  spaceId: string,
  changes: readonly Change[],
  now: Date,
): Promise<Recorded | undefined> {
  const { rows } = await sql.query<{ seq: string; raises: boolean }>(
    `WITH space AS (
       UPDATE spaces SET seq = seq + cardinality($3::text[]),
         feed_turn = CASE WHEN feed_at <= $2::timestamptz - interval '${FEED_SECONDS} seconds' THEN seq + cardinality($3::text[]) ELSE feed_turn END,
         feed_at = CASE WHEN feed_at <= $2::timestamptz - interval '${FEED_SECONDS} seconds' THEN $2 ELSE feed_at END
       WHERE id = $1 RETURNING id, seq, feed_turn = seq AS raises
     ), late AS (
       INSERT INTO late_feeds (space_id, since) SELECT id, $2 FROM space ON CONFLICT (space_id) DO NOTHING
     ), written AS (
       INSERT INTO changes (space_id, type, id, op, seq, at)
       SELECT space.id, item.type, item.id, item.op, space.seq - cardinality($3::text[]) + item.place, $2
       FROM space, unnest($3::text[], $4::text[], $5::text[]) WITH ORDINALITY AS item (type, id, op, place)
       ON CONFLICT (space_id, type, id) DO UPDATE SET op = excluded.op, seq = excluded.seq, at = excluded.at
     )
     SELECT seq, raises FROM space`,
    [spaceId, now, changes.map(({ type }) => type), changes.map(({ id }) => id), changes.map(({ op }) => op)],
  );
  const [written] = rows;
  return written && { spaceId, seq: Number(written.seq), raises: written.raises };
}
