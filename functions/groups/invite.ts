import { z } from "@hono/zod-openapi";
import { plusSeconds } from "#shared/platform/clock.ts";
import { errors } from "#shared/platform/errors.ts";
import { json, jsonBody } from "#shared/platform/http/content.ts";
import { route } from "#shared/platform/http/route.ts";
import { sendStored } from "#shared/platform/http/storedAnswer.ts";
import { idempotencyHeader } from "#shared/platform/idempotency/header.ts";
import { idempotent, type StoredAnswer } from "#shared/platform/idempotency/sql.ts";
import { isAddress, readAddress } from "#shared/platform/mail/address.ts";
import { audit } from "#shared/platform/sql/auditLog.ts";
import type { Sql } from "#shared/platform/sql/pool.ts";
import { CODE_MINUTES, giverKey, recipientKey } from "#shared/spaces/invitationCode.ts";
import { mailTask } from "#shared/spaces/invitationTask.ts";
import { personOf, requireCareAct } from "#shared/spaces/person.ts";
import { type Caller, callerOf } from "./caller.ts";
import { takeDaily } from "./dailyCount.ts";
import type { GroupsDeps } from "./deps.ts";

interface InviteInput {
  readonly caller: Caller;
  /** As the giver wrote it. */
  readonly recipientEmail: string;
  readonly idempotencyKey: string | undefined;
}

/**
 * Notes that a giver asks to care for the person with this address, and has a task mail them. Nothing here looks at the invited
 * account, so the answer, its shape and its time are the same whether there is one or not. Earlier codes for the same address end.
 * @returns 202 `{id, expiresAt}`; the code that is mailed counts until `expiresAt`
 * @throws `role_mismatch` for anyone but a care giver; `address_unverified` while the giver's own address isn't verified;
 *   `rate_limited` past the daily caps
 */
export async function invite(input: InviteInput, deps: GroupsDeps): Promise<StoredAnswer> {
  const now = deps.clock();
  const answer = await deps.db.transaction((sql) =>
    idempotent(
      sql,
      {
        caller: input.caller.userId,
        route: "POST /v1/invitations",
        key: input.idempotencyKey,
        body: { recipientEmail: input.recipientEmail },
        now,
      },
      () => noteInvitation(input, sql, deps, now),
    ),
  );
  // After the commit, since the task must find the row; and again for a repeated request, in case we crashed in between. Its name
  // makes it one task.
  const { id }: { id: string } = JSON.parse(answer.body);
  await (await deps.tasks()).add(mailTask(id, now));
  return answer;
}

const addressSchema = z
  .string()
  .max(400)
  .refine(isAddress, "expected an e-mail address")
  .openapi({ format: "idn-email" })
  .describe(
    "Blanks around it and case don't matter. Letters of any script; international domains in either form.",
  );

export const inviteRoute = route(
  {
    operationId: "invite",
    access: "account",
    method: "post",
    path: "/v1/invitations",
    summary: "Ask to care for a person",
    description:
      "For care givers whose own address is verified. The address is mailed a code to read to the giver, and how to begin if it has no account yet. The answer is the " +
      "same in every case.",
    request: {
      headers: idempotencyHeader,
      body: jsonBody(z.strictObject({ recipientEmail: addressSchema })),
    },
    responses: {
      202: json(
        z
          .object({ id: z.string(), expiresAt: z.iso.datetime().describe("Until when the code counts.") })
          .openapi("Invitation"),
        "Noted.",
      ),
    },
    errors: ["not_enrolled", "role_mismatch", "address_unverified", "idempotency_key_reused"],
  },
  invite,
  async (c, perform) => {
    const { recipientEmail } = c.req.valid("json");
    const idempotencyKey = c.req.valid("header")["idempotency-key"];
    return sendStored(c, await perform({ caller: callerOf(c), recipientEmail, idempotencyKey }));
  },
);

async function noteInvitation(
  { caller, recipientEmail }: InviteInput,
  sql: Sql,
  deps: GroupsDeps,
  now: Date,
): Promise<StoredAnswer> {
  const giverId = caller.userId;
  const giver = await personOf(sql, giverId);
  requireCareAct(giver, "invite");
  // A claimed address must not have mail sent under it; and only verified addresses keep the counts of an account that is made again.
  if (!giver.emailVerified) {
    throw errors.addressUnverified("verify your e-mail address where you signed in, then sign in again");
  }
  const address = readAddress(recipientEmail)?.canonical;
  if (address === undefined) throw errors.invalidRequest("recipientEmail: expected an e-mail address");
  const key = recipientKey(deps.codeKey, address);
  const counted = giverKey(deps.codeKey, giver);
  const { INVITATIONS_PER_GIVER, INVITATIONS_PER_PAIR } = deps.caps;
  await takeDaily(
    sql,
    { what: "invite_pair", giverKey: counted, recipientKey: key, cap: INVITATIONS_PER_PAIR },
    now,
  );
  await takeDaily(sql, { what: "invite", giverKey: counted, cap: INVITATIONS_PER_GIVER }, now);
  await sql.query(
    `UPDATE invitations SET revoked_at = $3
     WHERE giver_id = $1 AND recipient_key = $2 AND revoked_at IS NULL AND confirmed_at IS NULL`,
    [giverId, key, now],
  );
  const id = deps.newId();
  const expiresAt = plusSeconds(now, CODE_MINUTES * 60);
  await sql.query(
    `INSERT INTO invitations (id, giver_id, recipient_key, recipient_email, created_at, expires_at)
     VALUES ($1, $2, $3, $4, $5, $6)`,
    [id, giverId, key, address, now, expiresAt],
  );
  await audit(sql, { action: "invited", ...caller }, now);
  return { status: 202, body: JSON.stringify({ id, expiresAt: expiresAt.toISOString() }) };
}
