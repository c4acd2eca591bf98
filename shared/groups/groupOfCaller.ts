import type { Role } from "../auth/accessToken.ts";
import type { Sql } from "../sql/pool.ts";

export interface CallersGroup {
  readonly groupId: string;
  readonly role: Role;
}

/**
 * The care group the caller is in, or undefined: whatever they make or see belongs to it. One indexed read of SQL at each request,
 * not a claim of the token, so that a removed member is out at once.
 */
export async function groupOfCaller(sql: Sql, userId: string): Promise<CallersGroup | undefined> {
  const { rows } = await sql.query<{ group_id: string; role: Role }>(
    "SELECT group_id, role FROM members WHERE user_id = $1",
    [userId],
  );
  const row = rows[0];
  return row && { groupId: row.group_id, role: row.role };
}
