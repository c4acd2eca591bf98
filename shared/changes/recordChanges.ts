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
  const { rows } = await sql.query<LogRow>(
    `WITH ${logSql({ space: "$1", now: "$2", types: "$3", ids: "$4", ops: "$5" })} SELECT seq, raises FROM log`,
    [spaceId, now, changes.map(({ type }) => type), changes.map(({ id }) => id), changes.map(({ op }) => op)],
  );
  const [written] = rows;
  return written && recordedOf(spaceId, written);
}

/** A row of `log`. */
export interface LogRow {
  readonly seq: string;
  readonly raises: boolean;
}

export function recordedOf(spaceId: string, { seq, raises }: LogRow): Recorded {
  return { spaceId, seq: Number(seq), raises };
}

/**
 * Common table expressions that write changes of one space, for a statement that does more: `log` has one row for `recordedOf`, or none when the
 * space is gone.
 * @param names the parameters: id of the space, time, and three arrays of equal length
 * @param names.after holds once everything is written that must come before
 */
export function logSql({
  space,
  now,
  types,
  ids,
  ops,
  after = "true",
}: Readonly<Record<"space" | "now" | "types" | "ids" | "ops", string>> & {
  readonly after?: string;
}): string {
  const isTurn = `feed_at <= ${now}::timestamptz - interval '${FEED_SECONDS} seconds'`;
  const next = `seq + cardinality(${types}::text[])`;
  return `log AS (
      UPDATE spaces SET seq = ${next},
        feed_turn = CASE WHEN ${isTurn} THEN ${next} ELSE feed_turn END,
        feed_at = CASE WHEN ${isTurn} THEN ${now} ELSE feed_at END
      WHERE id = ${space} AND ${after} RETURNING id, seq, feed_turn = seq AS raises
    ), late AS (
      INSERT INTO late_feeds (space_id, since) SELECT id, ${now} FROM log ON CONFLICT (space_id) DO NOTHING
    ), logged AS (
      INSERT INTO changes (space_id, type, id, op, seq, at)
      SELECT log.id, item.type, item.id, item.op, log.seq - cardinality(${types}::text[]) + item.place, ${now}
      FROM log, unnest(${types}::text[], ${ids}::text[], ${ops}::text[]) WITH ORDINALITY AS item (type, id, op, place)
      ON CONFLICT (space_id, type, id) DO UPDATE SET op = excluded.op, seq = excluded.seq, at = excluded.at
    )`;
}
