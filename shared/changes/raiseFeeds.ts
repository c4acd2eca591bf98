/**
 * How phones learn that a space's log has grown. After the commit the writer whose turn it is raises the feed in Firestore; the others of the
 * same second leave it to one more turn at the second's end. The turn is taken in SQL, so it is one for all instances. A crash
 * at any point leaves the row in `late_feeds`, and `sweep` raises the feed.
 */
import { setTimeout } from "node:timers/promises";
import { FieldValue, type Firestore } from "@google-cloud/firestore";
import type { Clock } from "../platform/clock.ts";
import type { Logger } from "../platform/log/logger.ts";
import type { Sql } from "../platform/sql/pool.ts";
import { inTime, TimeLimit } from "../platform/timeLimit.ts";
import { feedsOf } from "./feedDocument.ts";
import { FEED_SECONDS, type Recorded } from "./recordChanges.ts";

export interface FeedDeps {
  readonly db: Sql;
  readonly firestore: Firestore;
  readonly clock: Clock;
}

/** Called after the commit with what it recorded. Never throws: what could not be raised is left to `sweep`. */
export type RaiseFeeds = (recorded: readonly Recorded[]) => Promise<void>;

/** How long a writer waits for Firestore. */
const WRITE_SECONDS = 2;

/**
 * @param lastTurn what becomes of a change whose writer has no turn, because the feed was raised less than a second ago.
 *   `wait`: the promise resolves after the next turn; for functions that no one waits for. `later`: a timer takes the turn, if the
 *   instance gets CPU then; otherwise the next writer or `sweep` does
 * @param writeSeconds how long a writer waits for Firestore
 */
export function feedRaiser(
  deps: FeedDeps & { readonly log: Logger },
  lastTurn: "wait" | "later" = "later",
  writeSeconds = WRITE_SECONDS,
): RaiseFeeds {
  const waiting = new Map<string, Promise<void>>();
  const raise = async (spaceId: string, seq: number) => {
    try {
      await inTime(new TimeLimit(writeSeconds), () => raiseFeed(spaceId, seq, deps));
    } catch (error) {
      deps.log.warn("feed_left_to_sweep", { spaceId, error });
    }
  };
  const takeNextTurn = async (spaceId: string) => {
    await setTimeout(FEED_SECONDS * 1000, undefined, { ref: lastTurn === "wait" });
    waiting.delete(spaceId);
    try {
      const seq = await takeTurn(spaceId, deps);
      if (seq !== undefined) await raise(spaceId, seq);
    } catch (error) {
      deps.log.warn("feed_left_to_sweep", { spaceId, error });
    }
  };
  const nextTurn = (spaceId: string) => {
    const turn = waiting.get(spaceId) ?? takeNextTurn(spaceId);
    waiting.set(spaceId, turn);
    return turn;
  };
  return async (recorded) => {
    const turns = recorded.map(({ spaceId, seq, raises }) => {
      if (raises) return raise(spaceId, seq);
      const turn = nextTurn(spaceId);
      return lastTurn === "wait" ? turn : undefined;
    });
    await Promise.all(turns);
  };
}

/** Raises a feed to a number, which may be done late and again: it never falls. Then notes that it isn't late, if nothing was written meanwhile. */
export async function raiseFeed(
  spaceId: string,
  seq: number,
  { db, firestore }: Pick<FeedDeps, "db" | "firestore">,
): Promise<void> {
  await feedsOf(firestore)
    .doc(spaceId)
    .set({ seq: FieldValue.maximum(seq) }, { merge: true });
  // Under the lock of the space's row: a writer that is not seen here comes after, and adds the row again.
  await db.query(
    `WITH space AS (SELECT id FROM spaces WHERE id = $1 AND seq <= $2 FOR NO KEY UPDATE)
     DELETE FROM late_feeds WHERE space_id = (SELECT id FROM space)`,
    [spaceId, seq],
  );
}

/**
 * Takes the turn to raise a feed that is late, unless another has had it within the second.
 * @returns the number to raise it to
 */
export async function takeTurn(
  spaceId: string,
  { db, clock }: Pick<FeedDeps, "db" | "clock">,
): Promise<number | undefined> {
  const { rows } = await db.query<{ seq: string }>(
    `UPDATE spaces SET feed_at = $2, feed_turn = seq
     WHERE id = $1 AND feed_at <= $2::timestamptz - interval '${FEED_SECONDS} seconds'
       AND EXISTS (SELECT FROM late_feeds WHERE space_id = $1)
     RETURNING seq`,
    [spaceId, clock()],
  );
  return rows[0] && Number(rows[0].seq);
}
