import type { DomainEvent } from "#shared/events/event.ts";
import { enqueueEvent } from "#shared/events/outbox.ts";
import type { Clock } from "#shared/platform/clock.ts";
import { jsonBody } from "#shared/platform/http/content.ts";
import { route } from "#shared/platform/http/route.ts";
import type { RandomBytes } from "#shared/platform/ids.ts";
import type { Logger } from "#shared/platform/log/logger.ts";
import type { Mailer } from "#shared/platform/mail/mailer.ts";
import type { Database, Sql } from "#shared/platform/sql/pool.ts";
import { requestTrace } from "#shared/platform/trace.ts";
import { codeHash, codeOf } from "#shared/spaces/invitationCode.ts";
import { mailTaskSchema } from "#shared/spaces/invitationTask.ts";
import { type Person, personOf, personWithAddress } from "#shared/spaces/person.ts";
import { invitationMail } from "./invitationMail.ts";
import { DONE } from "./taskRoute.ts";

export interface MailDeps {
  readonly db: Database;
  readonly mailer: Mailer;
  readonly codeKey: Buffer;
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
  readonly log: Logger;
  /** Publishes committed events of the outbox; never throws, since `sweep` publishes what was left. */
  readonly publish: (events: readonly DomainEvent[]) => Promise<void>;
}

/**
 * - `sent`: the mail server has it.
 * - `no_recipient`: no care recipient has this verified address.
 * - `refused`: the mail server will never take it.
 * - `over`: there is nothing (more) to mail: it was mailed before, was replaced by a newer one, expired, or its giver was erased.
 */
export type MailOutcome = "sent" | "no_recipient" | "refused" | "over";

/**
 * Makes the code of an invitation and mails it to the recipient, if there is one. The task may come twice, or again after a crash
 * anywhere: until the mail server's yes is written down, every sending carries the same code under the same Message-ID, so a second
 * mail is a copy of the first; after that nothing is sent.
 * @throws what may pass (mail server or database away), so that Cloud Tasks tries again
 */
export async function sendInvitation(
  { invitationId }: { invitationId: string },
  deps: MailDeps,
): Promise<MailOutcome> {
  const prepared = await deps.db.transaction((sql) => prepare(invitationId, sql, deps));
  if (typeof prepared === "string") return prepared;
  const { giver, recipient, email, code, expiresAt, events } = prepared;
  const outcome = await deps.mailer.send({
    to: email,
    messageId: `invitation.${invitationId}@reverie`,
    ...invitationMail({
      language: recipient.language,
      timeZone: recipient.timeZone,
      giver: { name: giver.name, email: giver.emailVerified ? giver.email : null },
      code,
      expiresAt,
    }),
  });
  await endMail(deps.db, invitationId, outcome);
  await deps.publish(events); // after the mail, since the message says that the code is in it
  deps.log.info("invitation_mailed", { invitationId, outcome });
  return outcome;
}

export const sendInvitationRoute = route(
  {
    operationId: "sendInvitation",
    access: "private",
    method: "post",
    path: "/mail",
    summary: "Mail an invitation's code",
    request: { body: jsonBody(mailTaskSchema) },
    responses: DONE,
    errors: [],
  },
  (task: { invitationId: string }, { mail }: { readonly mail: MailDeps }) => sendInvitation(task, mail),
  async (c, perform) => {
    await perform(c.req.valid("json"));
    return c.body(null, 204);
  },
);

interface Prepared {
  readonly giver: Person;
  readonly recipient: Person;
  readonly email: string;
  readonly code: string;
  readonly expiresAt: Date;
  /** What was put into the outbox. */
  readonly events: readonly DomainEvent[];
}

interface Row {
  readonly giver_id: string;
  readonly recipient_email: string | null;
  readonly code_seed: Buffer | null;
  readonly expires_at: Date;
}

/** Finds the recipient and makes the code, or makes it again from its seed. */
async function prepare(
  invitationId: string,
  sql: Sql,
  deps: MailDeps,
): Promise<Prepared | "no_recipient" | "over"> {
  const now = deps.clock();
  const { rows } = await sql.query<Row>(
    `SELECT giver_id, recipient_email, code_seed, expires_at FROM invitations
     WHERE id = $1 AND mail_state = 'pending' AND revoked_at IS NULL AND confirmed_at IS NULL AND expires_at > $2 FOR UPDATE`,
    [invitationId, now],
  );
  const row = rows[0];
  if (!row?.recipient_email) return "over";
  const recipient = await personWithAddress(sql, row.recipient_email);
  if (recipient?.role !== "care_recipient") {
    await endMail(sql, invitationId, "no_recipient");
    return "no_recipient";
  }
  const giver = await personOf(sql, row.giver_id);
  const binding = { invitationId, giverId: giver.id, recipientId: recipient.id };
  const seed = row.code_seed ?? deps.randomBytes(16);
  const code = codeOf(deps.codeKey, binding, seed);
  await sql.query("UPDATE invitations SET recipient_id = $2, code_seed = $3, code_hash = $4 WHERE id = $1", [
    invitationId,
    recipient.id,
    seed,
    codeHash(deps.codeKey, binding, code),
  ]);
  const event: DomainEvent = {
    type: "invited",
    trace: requestTrace(),
    id: `invited:${invitationId}`,
    at: now.toISOString(),
    userId: recipient.id,
    giverName: giver.name,
  };
  const events = (await enqueueEvent(sql, event)) ? [event] : [];
  return { giver, recipient, email: row.recipient_email, code, expiresAt: row.expires_at, events };
}

/** What became of the mail; the address and the seed aren't needed any more. */
async function endMail(
  sql: Sql,
  invitationId: string,
  state: "sent" | "no_recipient" | "refused",
): Promise<void> {
  await sql.query(
    "UPDATE invitations SET mail_state = $2, recipient_email = NULL, code_seed = NULL WHERE id = $1 AND mail_state = 'pending'",
    [invitationId, state],
  );
}
