import type { Sql } from "../platform/sql/pool.ts";

/**
 * Whether something may be added to a group, asked inside the transaction that adds it. `living` holds until that transaction ends,
 * because the space's row is locked by its key, which erasure waits for and writers of the change log don't; `erased` holds for ever; `unknown` was never a space.
 */
export async function spaceState(sql: Sql, spaceId: string): Promise<"living" | "erased" | "unknown"> {
  const living = await sql.query("SELECT 1 FROM spaces WHERE id = $1 FOR KEY SHARE", [spaceId]);
  if (living.rowCount) return "living";
  const tombstone = await sql.query("SELECT 1 FROM tombstones WHERE space_id = $1", [spaceId]);
  return tombstone.rowCount ? "erased" : "unknown";
}
