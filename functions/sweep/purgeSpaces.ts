import type { Sql } from "#shared/platform/sql/pool.ts";

/** How long an invitation is kept after its code's time was over. */
export const INVITATION_RETENTION_DAYS = 30;

/**
 * Removes what care groups no longer need: addresses of invitations whose code's time is over, invitations a month after
 * their end, and counts of earlier days. Safe at any time.
 * @param limit rows of each at most; the next run removes what is left
 * @returns how many rows were removed or stripped
 */
export async function purgeSpaces(sql: Sql, now: Date, limit = 10_000): Promise<number> {
  const statements = [
    `UPDATE invitations SET recipient_email = NULL, code_seed = NULL,
       mail_state = CASE mail_state WHEN 'pending' THEN 'cancelled' ELSE mail_state END
     WHERE id IN (SELECT id FROM invitations WHERE recipient_email IS NOT NULL AND expires_at <= $1
       LIMIT $2 FOR UPDATE SKIP LOCKED)`,
    `DELETE FROM invitations WHERE id IN
       (SELECT id FROM invitations WHERE expires_at <= $1::timestamptz - interval '${INVITATION_RETENTION_DAYS} days'
        LIMIT $2 FOR UPDATE SKIP LOCKED)`,
    `DELETE FROM daily_counts WHERE ctid IN
       (SELECT ctid FROM daily_counts WHERE day < ($1::timestamptz AT TIME ZONE 'UTC')::date - 1
        LIMIT $2 FOR UPDATE SKIP LOCKED)`,
  ];
  let touched = 0;
  for (const statement of statements) touched += (await sql.query(statement, [now, limit])).rowCount ?? 0;
  return touched;
}
