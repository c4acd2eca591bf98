/**
 * Firestore's mirror of who is in which spaces, `members/{userId}`: the security rules ask it at each read. SQL is the truth. A mirror is
 * written in a Firestore transaction that has read it and then asks SQL, so writers of one mirror come one after the other
 * (Firestore locks what a transaction has read) and the last one leaves it right. No SQL connection is held meanwhile.
 */
import type { Firestore } from "@google-cloud/firestore";
import { errors } from "../platform/errors.ts";
import type { Database, Sql } from "../platform/sql/pool.ts";
import { type TimeLimit, UNLIMITED, workThrough } from "../platform/timeLimit.ts";
import { type MembershipStore, membershipStore, sameSpaces } from "./membershipStore.ts";

/** Each repetition means that the person joined or left during the one before. */
const TRIES = 5;

/** Makes a person's mirror say what SQL says. Safe at any time, as often as one likes. */
export function mirrorMember(sql: Sql, firestore: Firestore, userId: string): Promise<void> {
  return writeMirror(membershipStore(sql, firestore), userId);
}

/** Writes a person's mirror if one of their memberships is noted as not mirrored; else asks SQL once and writes nothing. */
export async function mirrorIfPending(sql: Sql, firestore: Firestore, userId: string): Promise<void> {
  const { rowCount } = await sql.query(
    "SELECT 1 FROM space_members WHERE user_id = $1 AND mirrored_at IS NULL LIMIT 1",
    [userId],
  );
  if (rowCount) await mirrorMember(sql, firestore, userId);
}

/** `mirrorMember`, in a store. @throws `unavailable` when the person joins and leaves all the time */
export async function writeMirror(store: MembershipStore, userId: string): Promise<void> {
  for (let tries = 0; tries < TRIES; tries++) {
    const written = await store.changeMirror(userId, () => store.spacesOf(userId));
    await store.noteMirrored(userId, written);
    // Asked after the note: what changed since it was read has another writer, or is written by the next try.
    if (sameSpaces(await store.spacesOf(userId), written)) return;
  }
  throw errors.unavailable("the membership is being changed again and again");
}

/**
 * Writes the mirrors that are not written yet: after a person has joined a space, or signed up.
 * @param limit how many at most
 * @returns how many were written
 */
export async function mirrorPending(
  db: Database,
  firestore: Firestore,
  time: TimeLimit = UNLIMITED,
  limit = 500,
): Promise<{ mirrored: number; errors: readonly unknown[]; cut: boolean }> {
  const { rows } = await db.query<{ user_id: string }>(
    "SELECT DISTINCT user_id FROM space_members WHERE mirrored_at IS NULL ORDER BY user_id LIMIT $1",
    [limit],
  );
  const mirror = async ({ user_id }: { user_id: string }) => {
    await mirrorMember(db, firestore, user_id);
    return true;
  };
  const worked = await workThrough(rows, time, mirror, { atOnce: 2 });
  return { mirrored: worked.done, errors: worked.errors, cut: worked.through < rows.length };
}
