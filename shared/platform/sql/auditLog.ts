/**
 * The audit log: what happened to accounts and groups. Ids and names of events, never contents: no address, name, token, code or
 * text goes in, so the log can outlive an erasure. Kept for AUDIT_RETENTION_DAYS.
 */
import type { ErrorCode } from "../errors.ts";
import type { Sql } from "./pool.ts";

export type AuditAction =
  | "account_created"
  | "identity_linked"
  | "address_lost"
  | "signed_in"
  | "refresh"
  | "signed_out"
  | "signed_out_everywhere"
  | "role_set"
  | "invited"
  | "invitation_confirmed"
  | "member_left"
  | "member_removed"
  | "group_closed"
  | "resource_deleted"
  | "exported"
  | "erasure_requested"
  | "erased";

export interface AuditEntry {
  readonly action: AuditAction;
  /** `done` unless said otherwise. */
  readonly outcome?: "done" | "refused";
  /** Why it was refused. */
  readonly reason?: ErrorCode;
  /** Who acted; absent when that isn't known. */
  readonly userId?: string;
  readonly sessionId?: string;
  /** The other person, if it was done to another person. */
  readonly otherUserId?: string;
  readonly spaceId?: string;
  readonly requestId?: string;
}

/**
 * Writes one line of the log. Call it with the transaction that makes the change, so that neither is there without the other;
 * a refusal is written in the transaction that decided it, or by itself.
 */
export async function audit(sql: Sql, entry: AuditEntry, at: Date): Promise<void> {
  await sql.query(
    `INSERT INTO audit_log (at, action, outcome, reason, user_id, session_id, other_user_id, space_id, request_id)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
    [
      at,
      entry.action,
      entry.outcome ?? "done",
      entry.reason ?? null,
      entry.userId ?? null,
      entry.sessionId ?? null,
      entry.otherUserId ?? null,
      entry.spaceId ?? null,
      entry.requestId ?? null,
    ],
  );
}

/**
 * Deletes lines from before a moment, at most `limit` of them, oldest first.
 * @returns how many went
 */
export async function purgeAudit(sql: Sql, before: Date, limit: number): Promise<number> {
  const { rowCount } = await sql.query(
    `DELETE FROM audit_log WHERE id IN (SELECT id FROM audit_log WHERE at < $1 ORDER BY at LIMIT $2)`,
    [before, limit],
  );
  return rowCount ?? 0;
}
