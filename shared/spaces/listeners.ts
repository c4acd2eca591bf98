/**
 * Which sessions may listen in Firestore. SQL is the truth about a session; its document is written before a listener token is handed out,
 * and deleted after the session's end is committed.
 *
 * Why no document stays behind a session that has ended:
 * - `auth` marks the session in SQL (`listening`), writes the document, and only then asks SQL whether the session still lives. An end that
 *   was committed before that question is seen, and `auth` deletes the document; an end that is committed after it deletes the document
 *   itself, which was written by then.
 * - A crash on either side leaves the mark, so `sweep` deletes the document of each ended session that has it. The mark is removed when
 *   no request that may still write the document can be under way.
 * - An erased account has no rows any more: its documents are found by the person, and a request that is under way finds no session and deletes its own.
 *   If that one crashes, its document stays until its TTL and opens nothing: the person is a member of no space, and no token was given out.
 */
import type { Firestore } from "@google-cloud/firestore";
import { plusSeconds } from "../platform/clock.ts";
import type { Sql } from "../platform/sql/pool.ts";
import { listenersOf } from "./listenerDocument.ts";

/** How long after a session's end its document is deleted again: longer than any request of `auth` lives. */
const LATE_SECONDS = 300;
/** Deletions in one commit. */
const PAGE = 500;

export interface Listeners {
  /** Lets a session listen until `expiresAt`. */
  allow(session: { id: string; userId: string; expiresAt: Date }): Promise<void>;
  /** Ends what these sessions may read; a session that isn't there is no error. */
  end(sessionIds: readonly string[]): Promise<void>;
}

export function listenersIn(firestore: Firestore): Listeners {
  const sessions = listenersOf(firestore);
  return {
    async allow({ id, userId, expiresAt }) {
      await sessions.doc(id).set({ userId, expiresAt });
    },
    async end(sessionIds) {
      for (let from = 0; from < sessionIds.length; from += PAGE) {
        const batch = firestore.batch();
        for (const id of sessionIds.slice(from, from + PAGE)) batch.delete(sessions.doc(id));
        await batch.commit();
      }
    },
  };
}

/** Ends all listeners of a person, whose sessions SQL may no longer have. */
export async function endListenersOf(userId: string, firestore: Firestore): Promise<void> {
  const theirs = listenersOf(firestore).where("userId", "==", userId).select();
  const { docs } = await theirs.get();
  await listenersIn(firestore).end(docs.map(({ id }) => id));
}

/**
 * Ends the listeners of sessions that have ended: again for some minutes after the end, since a request may be under way.
 * @param limit sessions of one call
 * @returns how many sessions are done with
 */
export async function endLateListeners(
  sql: Sql,
  firestore: Firestore,
  now: Date,
  limit = PAGE,
): Promise<{ ended: number }> {
  const { rows } = await sql.query<{ id: string; over: boolean }>(
    `SELECT id, ended_at <= $1 AS over FROM sessions WHERE listening AND ended_at IS NOT NULL ORDER BY ended_at LIMIT $2`,
    [plusSeconds(now, -LATE_SECONDS), limit],
  );
  await listenersIn(firestore).end(rows.map(({ id }) => id));
  const over = rows.filter((row) => row.over).map(({ id }) => id);
  await sql.query("UPDATE sessions SET listening = false WHERE id = ANY($1::text[])", [over]);
  return { ended: over.length };
}
