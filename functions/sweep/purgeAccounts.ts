import { plusSeconds } from "#shared/platform/clock.ts";
import { purgeRateWindows } from "#shared/platform/http/sqlRateLimiter.ts";
import { purgeAudit } from "#shared/platform/sql/auditLog.ts";
import type { Sql } from "#shared/platform/sql/pool.ts";

/** Days a session is kept after its last use; all its tokens are over by then (their idle time is as long). */
export const SESSION_RETENTION_DAYS = 60;
/** Rows of one statement, so that none holds locks for long; the next run removes what is left. */
const BATCH = 10_000;

/**
 * Removes what sign-in no longer needs: codes that ran out, refresh tokens past their time, sessions unused for 60 days (whether they
 * were ended or not), lines of the audit log past theirs, and rate counters of past minutes. Safe at any time.
 * @param auditRetentionDays the setting AUDIT_RETENTION_DAYS
 * @returns how many rows were removed, rate counters not counted
 */
export async function purgeAccounts(sql: Sql, now: Date, auditRetentionDays: number): Promise<number> {
  const statements = [
    `DELETE FROM sign_in_codes WHERE code_hash IN
       (SELECT code_hash FROM sign_in_codes WHERE expires_at <= $1 LIMIT ${BATCH} FOR UPDATE SKIP LOCKED)`,
    `DELETE FROM refresh_tokens WHERE token_hash IN
       (SELECT token_hash FROM refresh_tokens WHERE expires_at <= $1 LIMIT ${BATCH} FOR UPDATE SKIP LOCKED)`,
    `DELETE FROM sessions WHERE id IN
       (SELECT id FROM sessions WHERE last_used_at <= $1::timestamptz - interval '${SESSION_RETENTION_DAYS} days'
        LIMIT ${BATCH} FOR UPDATE SKIP LOCKED)`,
  ];
  let removed = 0;
  for (const statement of statements) removed += (await sql.query(statement, [now])).rowCount ?? 0;
  removed += await purgeAudit(sql, plusSeconds(now, -auditRetentionDays * 86_400), BATCH);
  await purgeRateWindows(sql, now);
  return removed;
}
