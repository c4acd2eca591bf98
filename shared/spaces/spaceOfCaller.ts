import type { Role } from "../platform/http/accessToken.ts";
import type { Sql } from "../platform/sql/pool.ts";

export interface CallersSpace {
  readonly spaceId: string;
  readonly role: Role;
}

/**
 * The care group the caller is in, or undefined: all that they make or see belongs to it. One indexed read of SQL at each request,
 * not a claim of the token, so that a removed member is out at once.
 */
export async function spaceOfCaller(sql: Sql, userId: string): Promise<CallersSpace | undefined> {
  const { rows } = await sql.query<{ space_id: string; role: Role }>(
    "SELECT space_id, role FROM space_members WHERE user_id = $1",
    [userId],
  );
  const row = rows[0];
  return row && { spaceId: row.space_id, role: row.role };
}
