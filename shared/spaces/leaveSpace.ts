import type { Firestore } from "@google-cloud/firestore";
import { type ChangingDeps, changing } from "../changes/changing.ts";
import { errors } from "../platform/errors.ts";
import type { Sql } from "../platform/sql/pool.ts";
import { type MemberKey, type MembershipStore, membershipStore } from "./membershipStore.ts";
import { writeMirror } from "./mirror.ts";

/**
 * Takes a person out of one space and out of the mirror, mirror first: if something fails in between, a removed person does not go
 * on reading. A crash between the two leaves a member who is noted as not mirrored, and `mirror_pending` of `sweep` writes the mirror
 * again. What another writer put there meanwhile is removed after the commit. A person who has left the space already keeps what they have.
 * @param work what is written together with the removal, in its transaction
 * @throws `not_found` when they are not in this space; then nothing is written
 */
export function leaveSpace(
  deps: ChangingDeps & { readonly firestore: Firestore },
  member: MemberKey,
  work: (sql: Sql) => Promise<void>,
): Promise<void> {
  const end = () =>
    changing(deps, async (sql, changes) => {
      await work(sql);
      const gone = await sql.query("DELETE FROM space_members WHERE user_id = $1 AND space_id = $2", [
        member.userId,
        member.spaceId,
      ]);
      if (!gone.rowCount) throw errors.notFound();
      changes.push({ spaceId: member.spaceId, type: "member", id: member.userId, op: "delete" });
    });
  return leaveIn(membershipStore(deps.db, deps.firestore), member, end);
}

/** `leaveSpace`, in a store. @param end ends the membership in SQL */
export async function leaveIn(
  store: MembershipStore,
  member: MemberKey,
  end: () => Promise<void>,
): Promise<void> {
  if (!(await store.noteUnmirrored(member))) throw errors.notFound();
  await store.changeMirror(member.userId, async (current = []) =>
    current.filter((spaceId) => spaceId !== member.spaceId),
  );
  try {
    await end();
  } finally {
    await writeMirror(store, member.userId);
  }
}
