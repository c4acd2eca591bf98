/**
 * Firestore's mirror of who is in which space, `members/{userId}`: the security rules ask it at each read. SQL is the truth. A mirror is
 * written in a Firestore transaction that has read it and then asks SQL, so writers of one mirror come one after the other
 * (Firestore locks what a transaction has read) and the last one leaves it right. No SQL connection is held meanwhile.
 */
import type { CollectionReference, DocumentReference, Firestore, Transaction } from "@google-cloud/firestore";
import { errors } from "../platform/errors.ts";
import { retryConflicts } from "../platform/firestore/retryConflicts.ts";
import type { Database, Sql } from "../platform/sql/pool.ts";
import { type TimeLimit, UNLIMITED, workThrough } from "../platform/timeLimit.ts";
import { membershipSchema, membershipsOf } from "./membershipDocument.ts";

/** Each repetition means that the person joined or left during the one before. */
const TRIES = 5;

/** Makes a person's mirror say what SQL says. Safe at any time, as often as one likes. */
export async function mirrorMember(sql: Sql, firestore: Firestore, userId: string): Promise<void> {
  const mirror = mirrorOf(firestore, userId);
  for (let tries = 0; tries < TRIES; tries++) {
    const write = async (transaction: Transaction) => {
      await transaction.get(mirror);
      const spaceId = await spaceOf(sql, userId);
      if (spaceId === undefined) transaction.delete(mirror);
      else transaction.set(mirror, { spaceId });
      return spaceId;
    };
    const written = await retryConflicts(() => firestore.runTransaction(write));
    if (await isStill(sql, userId, written)) return;
  }
  throw errors.unavailable("the membership is being changed again and again");
}

function mirrorOf(firestore: Firestore, userId: string): DocumentReference {
  const raw: CollectionReference = membershipsOf(firestore).withConverter(null); // also one that can't be read is written or goes
  return raw.doc(userId);
}

async function spaceOf(sql: Sql, userId: string): Promise<string | undefined> {
  const { rows } = await sql.query<{ space_id: string }>(
    "SELECT space_id FROM space_members WHERE user_id = $1",
    [userId],
  );
  return rows[0]?.space_id;
}

/** Whether what was written is true after it was written; then it is noted as mirrored. */
async function isStill(sql: Sql, userId: string, spaceId: string | undefined): Promise<boolean> {
  if (spaceId === undefined) return (await spaceOf(sql, userId)) === undefined;
  const { rowCount } = await sql.query(
    "UPDATE space_members SET mirrored_at = now() WHERE user_id = $1 AND space_id = $2",
    [userId, spaceId],
  );
  return rowCount === 1;
}

/**
 * Takes a person out of one space and out of the mirror, mirror first: if something fails in between, a removed person does not go
 * on reading. A crash between the two leaves a member who is noted as not mirrored, and `mirror_pending` of `sweep` writes the mirror
 * again. What another writer put there meanwhile goes after the commit. A person who has left the space already, and may have joined another,
 * keeps what they have.
 * @param work what is written together with the removal, in its transaction
 * @throws `not_found` when they are not in this space; then nothing is written
 */
export async function removeMirrored(
  { db, firestore }: { readonly db: Database; readonly firestore: Firestore },
  { userId, spaceId }: { readonly userId: string; readonly spaceId: string },
  work: (sql: Sql) => Promise<void>,
): Promise<void> {
  const member = [userId, spaceId];
  const { rowCount } = await db.query(
    "UPDATE space_members SET mirrored_at = NULL WHERE user_id = $1 AND space_id = $2",
    member,
  );
  if (!rowCount) throw errors.notFound();
  await removeMirrorOf(firestore, userId, spaceId);
  try {
    await db.transaction(async (sql) => {
      await work(sql);
      const gone = await sql.query("DELETE FROM space_members WHERE user_id = $1 AND space_id = $2", member);
      if (!gone.rowCount) throw errors.notFound();
    });
  } finally {
    await mirrorMember(db, firestore, userId);
  }
}

/** Depends on the space too: by now the mirror may be another space's. */
async function removeMirrorOf(firestore: Firestore, userId: string, spaceId: string): Promise<void> {
  const mirror = mirrorOf(firestore, userId);
  const remove = async (transaction: Transaction) => {
    const snapshot = await transaction.get(mirror);
    const mirrored = mirroredSpace(snapshot.data());
    if (snapshot.exists && (mirrored === undefined || mirrored === spaceId)) transaction.delete(mirror);
  };
  await retryConflicts(() => firestore.runTransaction(remove));
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
