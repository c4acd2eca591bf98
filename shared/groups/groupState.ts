import type { Sql } from "../sql/pool.ts";

/**
 * Whether a group may be given something, asked inside the transaction that gives it. `living` holds until that transaction ends,
 * because the group's row is share-locked and erasure takes it exclusively; `erased` holds for ever; `unknown` was never a group.
 */
export async function groupState(sql: Sql, groupId: string): Promise<"living" | "erased" | "unknown"> {
  const living = await sql.query("SELECT 1 FROM groups WHERE id = $1 FOR SHARE", [groupId]);
  if (living.rowCount) return "living";
  const tombstone = await sql.query("SELECT 1 FROM tombstones WHERE group_id = $1", [groupId]);
  return tombstone.rowCount ? "erased" : "unknown";
}
