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
import { countDaily } from "#shared/spaces/dailyCount.ts";
import { codeHash, codeOf } from "#shared/spaces/invitationCode.ts";
import { mailTaskSchema } from "#shared/spaces/invitationTask.ts";
import { type Person, personOf, personWithAddress } from "#shared/spaces/person.ts";
import { invitationMail, welcomeMail } from "./invitationMail.ts";
import { DONE } from "./taskRoute.ts";

export interface MailDeps {
  readonly db: Database;
  readonly mailer: Mailer;
  readonly codeKey: Buffer;
  /** Mails a day to one address, of all givers together. */
  readonly recipientCap: number;
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
  readonly log: Logger;
  /** Publishes committed events of the outbox; never throws, since `sweep` publishes what was left. */
  readonly publish: (events: readonly DomainEvent[]) => Promise<void>;
}

/**
 * - `sent`: the mail server has it.
 * - `no_recipient`: a care giver holds this address, who can't be a recipient.
 * - `capped`: the address has had its mails of today, of all givers together. The giver isn't informed: the answer was given before, and would
 *   show that others invite the same person.
 * - `refused`: the mail server will never take it; for an address with letters outside ASCII also because it does not know SMTPUTF8.
 * - `over`: there is nothing (more) to mail: it was mailed before, was replaced by a newer one, expired, or its giver was erased.
 */
export type MailOutcome = "sent" | "no_recipient" | "capped" | "refused" | "over";

/**
 * Makes the code of an invitation and mails it to the address, whether or not a person has an account with it. The task may come twice,
 * or again after a crash anywhere: until the mail server's yes is written down, every sending carries the same code under the same
 * Message-ID, so a second mail is a copy of the first; after that nothing is sent.
 * @throws what may pass (mail server or database away), so that Cloud Tasks tries again
 */
export async function sendInvitation(
  { invitationId }: { invitationId: string },
  deps: MailDeps,
): Promise<MailOutcome> {
  const prepared = await deps.db.transaction((sql) => prepare(invitationId, sql, deps));
  if (prepared === "capped") deps.log.warn("invitation_capped", { invitationId });
  if (typeof prepared === "string") return prepared;
  const { giver, recipient, address, code, expiresAt, events } = prepared;
  const content = {
    giver: { name: giver.name, email: giver.emailVerified ? giver.email : null },
    code,
    expiresAt,
  };
  const outcome = await deps.mailer.send({
    to: address,
    messageId: `invitation.${invitationId}@reverie`,
    ...(recipient?.role === "care_recipient"
      ? invitationMail({ ...content, language: recipient.language, timeZone: recipient.timeZone })
      : welcomeMail({ ...content, address, language: giver.language, timeZone: giver.timeZone })),
  });
  await endMail(deps.db, invitationId, outcome);
  await deps.publish(events); // after the mail, since the message says that the code is in it
  deps.log.info("invitation_mailed", { invitationId, outcome, international: !isAscii(address) });
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

/** An address outside ASCII needs a mail server that knows SMTPUTF8 (RFC 6531). */
function isAscii(address: string): boolean {
  return !/[^\0-\x7f]/.test(address);
}

interface Prepared {
  readonly giver: Person;
  /** The account that holds the address; its role is not chosen yet or `care_recipient`. */
  readonly recipient: Person | undefined;
  readonly address: string;
  readonly code: string;
  readonly expiresAt: Date;
  /** What was put into the outbox. */
  readonly events: readonly DomainEvent[];
}

interface Row {
  readonly giver_id: string;
  readonly recipient_key: Buffer;
  readonly recipient_email: string | null;
  readonly code_seed: Buffer | null;
  readonly expires_at: Date;
}

/** Looks who holds the address and makes the code, or makes it again from its seed. */
async function prepare(
  invitationId: string,
  sql: Sql,
  deps: MailDeps,
): Promise<Prepared | "no_recipient" | "capped" | "over"> {
  const now = deps.clock();
  const { rows } = await sql.query<Row>(
    `SELECT giver_id, recipient_key, recipient_email, code_seed, expires_at FROM invitations
     WHERE id = $1 AND mail_state = 'pending' AND revoked_at IS NULL AND confirmed_at IS NULL AND expires_at > $2 FOR UPDATE`,
    [invitationId, now],
  );
  const row = rows[0];
  if (!row?.recipient_email) return "over";
  const recipient = await personWithAddress(sql, row.recipient_email);
  if (recipient?.role === "care_giver") {
    await endMail(sql, invitationId, "no_recipient");
    return "no_recipient";
  }
  // Counted with the seed, in one transaction: a task that is repeated mails the same code again and isn't counted again.
  const cap = { what: "mailed", recipientKey: row.recipient_key, cap: deps.recipientCap } as const;
  if (row.code_seed === null && !(await countDaily(sql, cap, now))) {
    await endMail(sql, invitationId, "capped");
    return "capped";
  }
  const giver = await personOf(sql, row.giver_id);
  const binding = { invitationId, giverId: giver.id, recipientKey: row.recipient_key };
  const seed = row.code_seed ?? deps.randomBytes(16);
  const code = codeOf(deps.codeKey, binding, seed);
  await sql.query("UPDATE invitations SET recipient_id = $2, code_seed = $3, code_hash = $4 WHERE id = $1", [
    invitationId,
    recipient?.id ?? null,
    seed,
    codeHash(deps.codeKey, binding, code),
  ]);
  const events = recipient ? await noteEvent(sql, { invitationId, giver, recipient }, now) : [];
  return { giver, recipient, address: row.recipient_email, code, expiresAt: row.expires_at, events };
}

async function noteEvent(
  sql: Sql,
  { invitationId, giver, recipient }: { invitationId: string; giver: Person; recipient: Person },
  now: Date,
): Promise<DomainEvent[]> {
  const event: DomainEvent = {
    type: "invited",
    trace: requestTrace(),
    id: `invited:${invitationId}`,
    at: now.toISOString(),
    userId: recipient.id,
    giverName: giver.name,
  };
  return (await enqueueEvent(sql, event)) ? [event] : [];
}

/** What became of the mail. The seed isn't needed any more, and the address only by a code that is out. */
async function endMail(sql: Sql, invitationId: string, state: Exclude<MailOutcome, "over">): Promise<void> {
  await sql.query(
    `UPDATE invitations SET mail_state = $2, code_seed = NULL, recipient_email = CASE WHEN $3 THEN recipient_email END
     WHERE id = $1 AND mail_state = 'pending'`,
    [invitationId, state, state === "sent"],
  );
}
