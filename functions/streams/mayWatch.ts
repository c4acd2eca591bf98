import type { Sql } from "#shared/platform/sql/pool.ts";

/** Who watches what: a stream lasts no longer than the session and the membership. */
export interface Watcher {
  readonly userId: string;
  readonly sessionId: string;
  readonly spaceId: string;
}

/** Whether the session is live and its person still a member of the space. */
export async function mayWatch(sql: Sql, watcher: Watcher, now: Date): Promise<boolean> {
  const { rowCount } = await sql.query(
    `SELECT 1 FROM sessions s JOIN space_members m ON m.user_id = s.user_id
     WHERE s.id = $1 AND s.user_id = $2 AND s.ended_at IS NULL AND s.expires_at > $4 AND m.space_id = $3`,
    [watcher.sessionId, watcher.userId, watcher.spaceId, now],
  );
  return rowCount === 1;
}
