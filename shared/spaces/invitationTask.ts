/** The mail task between `groups`, which asks for it, `dispatch`, which does it, and `sweep`, which asks again after a crash. */
import { z } from "zod";
import { plusSeconds } from "../platform/clock.ts";
import { ID_PATTERN } from "../platform/ids.ts";
import type { Sql } from "../platform/sql/pool.ts";
import type { Task, TaskQueue } from "../platform/tasks/taskQueue.ts";
import { type TimeLimit, UNLIMITED, workThrough } from "../platform/timeLimit.ts";

/** The body of `POST /mail` in `dispatch`. */
export const mailTaskSchema = z.strictObject({ invitationId: z.string().regex(ID_PATTERN) });

/** How long the mail waits: the answer to the inviter has left before it is looked up whether the address has an account. */
const MAIL_DELAY_SECONDS = 1;

/** The task that mails an invitation's code. Named after the invitation, so that it is added at most once. */
export function mailTask(invitationId: string, now: Date): Task {
  return {
    queue: "mail",
    name: `invitation-${invitationId}`,
    path: "/mail",
    body: { invitationId },
    at: plusSeconds(now, MAIL_DELAY_SECONDS),
  };
}

/**
 * Adds the mail tasks that a crash between SQL and Cloud Tasks left unadded: of invitations that still wait for their mail a minute
 * after they were made. One whose task is only slow is not mailed twice, because its name is taken.
 */
export async function requeueInvitations(
  sql: Sql,
  tasks: TaskQueue,
  now: Date,
  time: TimeLimit = UNLIMITED,
  limit = 200,
): Promise<{ added: number; errors: readonly unknown[]; cut: boolean }> {
  const { rows } = await sql.query<{ id: string }>(
    `SELECT id FROM invitations
     WHERE mail_state = 'pending' AND revoked_at IS NULL AND expires_at > $1 AND created_at < $1::timestamptz - interval '1 minute'
     ORDER BY created_at LIMIT $2`,
    [now, limit],
  );
  const worked = await workThrough(
    rows,
    time,
    async ({ id }) => (await tasks.add(mailTask(id, now))) === "added",
  );
  return { added: worked.done, errors: worked.errors, cut: worked.through < rows.length };
}
