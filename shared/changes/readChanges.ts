import type { Sql } from "../platform/sql/pool.ts";
import type { ChangeOp, ChangeType, ChangeView } from "./change.ts";

/** A part of a space's log, as it was at one moment. */
export interface ChangesPage {
  /** In the order of `seq`: of each thing that changed its last change. */
  readonly items: ChangeView[];
  /** Where the next page begins: `after` of the next request. */
  readonly nextSeq: number;
  /**
   * The log doesn't reach back to `after`: there are no items, and the caller has to list everything. What changes meanwhile comes after
   * `nextSeq`.
   */
  readonly reset: boolean;
}

/**
 * The changes of a space after a number, for a member. One statement, so one moment: page by page a reader misses no thing's last
 * state, however much is written meanwhile, because a thing that changes again moves to the end. When there is nothing new, the log
 * itself isn't read.
 * @param limit items at most
 * @returns undefined for someone who isn't a member, or when there is no such space
 */
export async function readChanges(
  sql: Sql,
  { userId, spaceId, after, limit }: { userId: string; spaceId: string; after: number; limit: number },
): Promise<ChangesPage | undefined> {
  const { rows } = await sql.query<Row>(READ_CHANGES, [userId, spaceId, after, limit]);
  const [first] = rows;
  if (!first) return undefined;
  const last = Number(first.last);
  const reset = after < Number(first.log_after) || after > last;
  const items = rows.flatMap((row) => viewOf(row) ?? []);
  const nextSeq = items.length === limit ? (items.at(-1)?.seq ?? last) : last;
  return { items, nextSeq, reset };
}

/** `$1` the person, `$2` the space, `$3` the number after which to read, `$4` items at most. */
export const READ_CHANGES = `
  SELECT s.seq AS last, s.log_after, c.seq, c.type, c.id, c.op, c.at
  FROM space_members m
    JOIN spaces s ON s.id = m.space_id
    LEFT JOIN LATERAL (
      SELECT c.seq, c.type, c.id, c.op, c.at FROM changes c
      WHERE c.space_id = s.id AND c.seq > $3::bigint AND $3 >= s.log_after AND $3 < s.seq
      ORDER BY c.seq LIMIT $4
    ) c ON true
  WHERE m.user_id = $1 AND m.space_id = $2 ORDER BY c.seq`;

interface Row {
  /** Numbers come as text, since they may be larger than a JavaScript number; ours aren't. */
  readonly last: string;
  readonly log_after: string;
  /** Null, with all that follows, in the one row of an answer without items. */
  readonly seq: string | null;
  readonly type: ChangeType;
  readonly id: string;
  readonly op: ChangeOp;
  readonly at: Date;
}

function viewOf({ seq, type, id, op, at }: Row): ChangeView | undefined {
  return seq === null ? undefined : { seq: Number(seq), type, id, op, at: at.toISOString() };
}
