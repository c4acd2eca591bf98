/**
 * Firestore's mirror of who is in which space, `members/{userId}`: the security rules ask it at each read. SQL is the truth. A
 * person's mirror is only ever written under their lock and from what SQL says at that moment, so writers can't overtake each
 * other, and the last one leaves it right.
 */
import type { CollectionReference, Firestore } from "@google-cloud/firestore";
import type { Database, Sql } from "../platform/sql/pool.ts";
import { type TimeLimit, UNLIMITED, workThrough } from "../platform/timeLimit.ts";
import { membershipSchema, membershipsOf } from "./membershipDocument.ts";

/** Makes a person's mirror say what SQL says. Safe at any time, as often as one likes. */
export async function mirrorMember(db: Database, firestore: Firestore, userId: string): Promise<void> {
  await db.transaction(async (sql) => {
    await lockMirror(sql, userId);
    const { rows } = await sql.query<{ space_id: string }>(
      "SELECT space_id FROM space_members WHERE user_id = $1",
      [userId],
    );
    const mirror = membershipsOf(firestore).doc(userId);
    if (rows[0]) await mirror.set({ spaceId: rows[0].space_id });
    else await mirror.delete();
    await sql.query("UPDATE space_members SET mirrored_at = now() WHERE user_id = $1", [userId]);
  });
}

/**
 * Takes a person out of one space and out of the mirror, mirror first: if something fails in between, a removed person does not go
 * on reading. A crash between the two leaves a member without a mirror, and `compareMembers` of `sweep` writes it again. A person who has left it
 * already, and may have joined another, keeps what they have.
 * @param sql a transaction; it commits the removal
 * @returns whether they were in this space
 */
export async function removeMirrored(
  sql: Sql,
  firestore: Firestore,
  { userId, spaceId }: { readonly userId: string; readonly spaceId: string },
): Promise<boolean> {
  await lockMirror(sql, userId);
  const { rowCount } = await sql.query("DELETE FROM space_members WHERE user_id = $1 AND space_id = $2", [
    userId,
    spaceId,
  ]);
  if (!rowCount) return false;
  await removeMirrorOf(firestore, userId, spaceId);
  return true;
}

/** Depends on the space too: if the lock's connection was lost, the mirror may be another space's by now. */
async function removeMirrorOf(firestore: Firestore, userId: string, spaceId: string): Promise<void> {
  const raw: CollectionReference = membershipsOf(firestore).withConverter(null); // also one that can't be read goes
  const mirror = raw.doc(userId);
  await firestore.runTransaction(async (transaction) => {
    const mirrored = mirroredSpace((await transaction.get(mirror)).data());
    if (mirrored === undefined || mirrored === spaceId) transaction.delete(mirror);
  });
}

/**
 * Writes the mirrors that a crash left unwritten after a person joined.
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
    "SELECT user_id FROM space_members WHERE mirrored_at IS NULL ORDER BY user_id LIMIT $1",
    [limit],
  );
  const mirror = async ({ user_id }: { user_id: string }) => {
    await mirrorMember(db, firestore, user_id);
    return true;
  };
  const worked = await workThrough(rows, time, mirror, { atOnce: 2 });
  return { mirrored: worked.done, errors: worked.errors, cut: worked.through < rows.length };
}

/** The space that a mirror names; undefined for a mirror that is missing or can't be read. */
export function mirroredSpace(data: unknown): string | undefined {
  const parsed = membershipSchema.safeParse(data);
  return parsed.success ? parsed.data.spaceId : undefined;
}

/** Waits until no other call writes this person's mirror; the lock ends with the transaction. */
async function lockMirror(sql: Sql, userId: string): Promise<void> {
  await sql.query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", [
    JSON.stringify(["mirror", userId]),
  ]);
}
