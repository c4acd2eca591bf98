import type { Sql } from "#shared/platform/sql/pool.ts";

/** Who watches what: a stream lasts no longer than the session and the membership. */
export interface Watcher {
  readonly userId: string;
  readonly sessionId: string;
  readonly spaceId: string;
}

/** Why a stream may not go on: its session has ended, or its person is no longer a member of the space. */
export type WatchEnd = "session_ended" | "not_a_member";

/** Why a stream may not be opened or go on; undefined when it may. */
export async function watchEnd(sql: Sql, watcher: Watcher, now: Date): Promise<WatchEnd | undefined> {
  const { rows } = await sql.query<{ live: boolean; member: boolean }>(
    `SELECT EXISTS (SELECT 1 FROM sessions WHERE id = $1 AND user_id = $2 AND ended_at IS NULL AND expires_at > $4) AS live,
            EXISTS (SELECT 1 FROM space_members WHERE user_id = $2 AND space_id = $3) AS member`,
    [watcher.sessionId, watcher.userId, watcher.spaceId, now],
  );
  if (!rows[0]?.live) return "session_ended";
  return rows[0].member ? undefined : "not_a_member";
}
