/**
 * What the mirror of memberships needs of both stores: SQL, which is the truth, and Firestore, which has the mirror. A test has both in
 * memory, with interleavings and crashes.
 */
import type { CollectionReference, Firestore, Transaction } from "@google-cloud/firestore";
import { retryConflicts } from "../platform/firestore/retryConflicts.ts";
import type { Sql } from "../platform/sql/pool.ts";
import { membershipSchema, membershipsOf } from "./membershipDocument.ts";

/** A person in a space. */
export interface MemberKey {
  readonly userId: string;
  readonly spaceId: string;
}

export interface MembershipStore {
  /** The spaces that a person is in by SQL, in the order of their ids. */
  spacesOf(userId: string): Promise<readonly string[]>;
  /** Notes that a person's memberships of these spaces are mirrored. */
  noteMirrored(userId: string, spaceIds: readonly string[]): Promise<void>;
  /** Notes that a membership's mirror isn't what it should be. @returns false when there is no such membership */
  noteUnmirrored(member: MemberKey): Promise<boolean>;
  /**
   * Changes a person's mirror. Changes of one mirror come one after the other.
   * @param change gives what it becomes, an empty list to remove it; it may be called again. `current` is undefined for one that is
   *   missing or can't be read
   * @returns what was written
   */
  changeMirror(
    userId: string,
    change: (current: readonly string[] | undefined) => Promise<readonly string[]>,
  ): Promise<readonly string[]>;
}

export function membershipStore(sql: Sql, firestore: Firestore): MembershipStore {
  return {
    async spacesOf(userId) {
      const { rows } = await sql.query<{ space_id: string }>(
        'SELECT space_id FROM space_members WHERE user_id = $1 ORDER BY space_id COLLATE "C"',
        [userId],
      );
      return rows.map((row) => row.space_id);
    },
    async noteMirrored(userId, spaceIds) {
      await sql.query(
        "UPDATE space_members SET mirrored_at = now() WHERE user_id = $1 AND space_id = ANY($2) AND mirrored_at IS NULL",
        [userId, spaceIds],
      );
    },
    async noteUnmirrored({ userId, spaceId }) {
      const { rowCount } = await sql.query(
        "UPDATE space_members SET mirrored_at = NULL WHERE user_id = $1 AND space_id = $2",
        [userId, spaceId],
      );
      return rowCount === 1;
    },
    changeMirror(userId, change) {
      const raw: CollectionReference = membershipsOf(firestore).withConverter(null); // also one that can't be read is written or removed
      const mirror = raw.doc(userId);
      const write = async (transaction: Transaction) => {
        const spaceIds = await change(mirroredSpaces((await transaction.get(mirror)).data()));
        if (spaceIds.length === 0) transaction.delete(mirror);
        else transaction.set(mirror, { spaceIds });
        return spaceIds;
      };
      return retryConflicts(() => firestore.runTransaction(write));
    },
  };
}

/** The spaces that a mirror names; undefined for a mirror that is missing or can't be read. */
export function mirroredSpaces(data: unknown): readonly string[] | undefined {
  const parsed = membershipSchema.safeParse(data);
  return parsed.success ? parsed.data.spaceIds : undefined;
}

/** Whether two lists of spaces, each in the order of their ids, are the same. */
export function sameSpaces(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((spaceId, index) => spaceId === other[index]);
}
