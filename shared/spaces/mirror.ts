/**
 * Firestore's mirror of who is in which space, `members/{userId}`: the security rules ask it at each read. SQL is the truth. A
 * person's mirror is only ever written under their lock and from what SQL says at that moment, so writers can't overtake each
 * other, and the last one leaves it right.
 */
import type { CollectionReference, Firestore } from "@google-cloud/firestore";
import type { Database, Sql } from "../platform/sql/pool.ts";
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
 * on reading. A crash between the two leaves a member without a mirror, and `repairMembers` writes it again. A person who has left it
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
export async function mirrorPending(db: Database, firestore: Firestore, limit = 500): Promise<number> {
  const { rows } = await db.query<{ user_id: string }>(
    "SELECT user_id FROM space_members WHERE mirrored_at IS NULL ORDER BY user_id LIMIT $1",
    [limit],
  );
  for (const { user_id } of rows) await mirrorMember(db, firestore, user_id);
  return rows.length;
}

/**
 * Compares every membership with its mirror, both ways, a page at a time, and mends what differs.
 * @returns how many were looked at (in SQL and in Firestore) and whose were mended
 */
export async function repairMembers(
  db: Database,
  firestore: Firestore,
  pageSize = 300,
): Promise<{ checked: number; mended: string[] }> {
  const mended: string[] = [];
  let checked = 0;
  for await (const differing of pagesOfMembers(db, firestore, pageSize)) {
    checked += differing.checked;
    for (const userId of differing.userIds) {
      await mirrorMember(db, firestore, userId);
      mended.push(userId);
    }
  }
  return { checked, mended };
}

interface Differing {
  readonly checked: number;
  readonly userIds: readonly string[];
}

async function* pagesOfMembers(
  db: Database,
  firestore: Firestore,
  pageSize: number,
): AsyncGenerator<Differing> {
  yield* membersWithoutTheirMirror(db, firestore, pageSize);
  yield* mirrorsWithoutTheirMember(db, firestore, pageSize);
}

async function* membersWithoutTheirMirror(
  db: Database,
  firestore: Firestore,
  pageSize: number,
): AsyncGenerator<Differing> {
  for (let after = ""; ; ) {
    const { rows } = await db.query<{ user_id: string; space_id: string }>(
      "SELECT user_id, space_id FROM space_members WHERE user_id > $1 ORDER BY user_id LIMIT $2",
      [after, pageSize],
    );
    const last = rows.at(-1);
    if (!last) return;
    const raw: CollectionReference = membershipsOf(firestore).withConverter(null); // one that can't be read is written again
    const mirrors = await firestore.getAll(...rows.map((row) => raw.doc(row.user_id)));
    const userIds = rows
      .filter((row, index) => mirroredSpace(mirrors[index]?.data()) !== row.space_id)
      .map((row) => row.user_id);
    yield { checked: rows.length, userIds };
    after = last.user_id;
  }
}

async function* mirrorsWithoutTheirMember(
  db: Database,
  firestore: Firestore,
  pageSize: number,
): AsyncGenerator<Differing> {
  const byName = membershipsOf(firestore).orderBy("__name__").select().limit(pageSize);
  for (let page = await byName.get(); !page.empty; ) {
    const { rows } = await db.query<{ user_id: string }>(
      "SELECT user_id FROM space_members WHERE user_id = ANY($1::text[])",
      [page.docs.map((mirror) => mirror.id)],
    );
    const known = new Set(rows.map((row) => row.user_id));
    yield {
      checked: page.size,
      userIds: page.docs.map((mirror) => mirror.id).filter((id) => !known.has(id)),
    };
    const last = page.docs.at(-1);
    if (!last) return;
    page = await byName.startAfter(last).get();
  }
}

/** The space that a mirror names; undefined for a mirror that is missing or can't be read. */
function mirroredSpace(data: unknown): string | undefined {
  const parsed = membershipSchema.safeParse(data);
  return parsed.success ? parsed.data.spaceId : undefined;
}

/** Waits until no other call writes this person's mirror; the lock ends with the transaction. */
async function lockMirror(sql: Sql, userId: string): Promise<void> {
  await sql.query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", [
    JSON.stringify(["mirror", userId]),
  ]);
}
