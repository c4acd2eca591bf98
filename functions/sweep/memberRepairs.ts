/** Compares everyone's memberships in SQL with their mirror in Firestore, both ways, a page at a time. */
import type { CollectionReference, Firestore } from "@google-cloud/firestore";
import type { Database } from "#shared/platform/sql/pool.ts";
import { type TimeLimit, UNLIMITED, workThrough } from "#shared/platform/timeLimit.ts";
import { membershipsOf } from "#shared/spaces/membershipDocument.ts";
import { mirroredSpaces, sameSpaces } from "#shared/spaces/membershipStore.ts";
import { mirrorMember } from "#shared/spaces/mirror.ts";
import type { Page } from "./walk.ts";

export interface MemberRepairDeps {
  readonly db: Database;
  readonly firestore: Firestore;
}

/** First all members in the order of their ids, then all mirrors: a place names the half and the last id of the page before. */
const MIRRORS = "mirrors ";
const MEMBERS = "members ";

/**
 * Compares one page and mends what differs. One who joins or leaves behind the walk is mirrored by the request itself, or by
 * `mirror_pending`.
 * @param place where the page begins; at the beginning unless given
 */
export async function compareMembers(
  deps: MemberRepairDeps,
  place?: string,
  time: TimeLimit = UNLIMITED,
  limit = 300,
): Promise<Page> {
  const mirrors = place?.startsWith(MIRRORS) ?? false;
  const after = place?.slice(mirrors ? MIRRORS.length : MEMBERS.length) ?? "";
  const { ids, differing } = mirrors
    ? await mirrorsWithoutTheirMember(deps, after, limit)
    : await membersWithoutTheirMirror(deps, after, limit);
  const mend = async (userId: string) => {
    await mirrorMember(deps.db, deps.firestore, userId);
    return true;
  };
  const worked = await workThrough(differing, time, mend, { atOnce: 2 });
  const unfinished = differing[worked.through];
  const checked = unfinished === undefined ? ids.length : ids.indexOf(unfinished);
  return {
    did: { checked, mended: worked.done },
    errors: worked.errors,
    next: nextPlace(mirrors, ids[checked - 1] ?? after, checked < limit && unfinished === undefined),
  };
}

function nextPlace(mirrors: boolean, last: string, isEnd: boolean): string | null {
  if (isEnd) return mirrors ? null : MIRRORS;
  return `${mirrors ? MIRRORS : MEMBERS}${last}`;
}

interface Compared {
  /** In their order. */
  readonly ids: readonly string[];
  /** Those of them whose mirror isn't right. */
  readonly differing: readonly string[];
}

async function membersWithoutTheirMirror(
  { db, firestore }: MemberRepairDeps,
  after: string,
  limit: number,
): Promise<Compared> {
  const { rows } = await db.query<{ user_id: string; space_ids: string[] }>(
    `SELECT user_id, array_agg(space_id ORDER BY space_id COLLATE "C") AS space_ids
     FROM space_members WHERE user_id > $1 GROUP BY user_id ORDER BY user_id LIMIT $2`,
    [after, limit],
  );
  if (rows.length === 0) return { ids: [], differing: [] };
  const raw: CollectionReference = membershipsOf(firestore).withConverter(null); // one that can't be read is written again
  const mirrors = await firestore.getAll(...rows.map((row) => raw.doc(row.user_id)));
  const differing = rows.filter(
    (row, index) => !sameSpaces(mirroredSpaces(mirrors[index]?.data()) ?? [], row.space_ids),
  );
  return { ids: rows.map((row) => row.user_id), differing: differing.map((row) => row.user_id) };
}

async function mirrorsWithoutTheirMember(
  { db, firestore }: MemberRepairDeps,
  after: string,
  limit: number,
): Promise<Compared> {
  const byName = membershipsOf(firestore).orderBy("__name__").select().limit(limit);
  const page = await (after === "" ? byName : byName.startAfter(after)).get();
  const ids = page.docs.map((mirror) => mirror.id);
  const { rows } = await db.query<{ user_id: string }>(
    "SELECT DISTINCT user_id FROM space_members WHERE user_id = ANY($1::text[])",
    [ids],
  );
  const known = new Set(rows.map((row) => row.user_id));
  return { ids, differing: ids.filter((id) => !known.has(id)) };
}
