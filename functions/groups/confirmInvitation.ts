import { timingSafeEqual } from "node:crypto";
import { z } from "@hono/zod-openapi";
import type { Change } from "#shared/changes/change.ts";
import { changing } from "#shared/changes/changing.ts";
import { errors, ReverieError } from "#shared/platform/errors.ts";
import { json, jsonBody } from "#shared/platform/http/content.ts";
import { idParam } from "#shared/platform/http/idParam.ts";
import { route } from "#shared/platform/http/route.ts";
import { sendStored } from "#shared/platform/http/storedAnswer.ts";
import { idempotencyHeader } from "#shared/platform/idempotency/header.ts";
import { idempotent, type StoredAnswer } from "#shared/platform/idempotency/sql.ts";
import { audit } from "#shared/platform/sql/auditLog.ts";
import type { Sql } from "#shared/platform/sql/pool.ts";
import { CODE_TRIES, codeHash, giverKey, normalCode } from "#shared/spaces/invitationCode.ts";
import { joinSpace } from "#shared/spaces/joinSpace.ts";
import { type Person, personOf, personWithAddress } from "#shared/spaces/person.ts";
import { type Caller, callerOf } from "./caller.ts";
import { takeDaily } from "./dailyCount.ts";
import type { GroupsDeps } from "./deps.ts";
import { groupSchema, groupView } from "./group.ts";

interface ConfirmInput {
  readonly caller: Caller;
  readonly invitationId: string;
  readonly code: string;
  readonly idempotencyKey: string | undefined;
}

/**
 * Binds the giver to the recipient whose code this is: into the recipient's group, which is made if there is none. The recipient is
 * who holds the invited address now; one who has no role yet becomes a care recipient by it. Where an account held the address when the
 * code was mailed, it must be that one.
 *
 * A try is taken before the code is looked at, so that no number of parallel guesses exceeds the budget. A wrong, an expired, a
 * revoked and a used code, and any code of an address that no recipient holds, take the same statements and get the same answer.
 * @returns 201 and the group
 * @throws `not_found` for an invitation the caller didn't make; `rate_limited` when the tries of the code, of the pair or of the
 *   giver are spent; `code_rejected`; `already_in_group` when the code was right but the giver is in another
 *   group (the code stays good); `too_many_spaces` likewise
 */
export async function confirmInvitation(input: ConfirmInput, deps: GroupsDeps): Promise<StoredAnswer> {
  const now = deps.clock();
  const outcome = await changing(deps, (sql, changes) =>
    idempotent(
      sql,
      {
        caller: input.caller.userId,
        route: `POST /v1/invitations/${input.invitationId}/confirm`,
        key: input.idempotencyKey,
        body: { code: input.code },
        now,
      },
      () => tryCode(input, { sql, changes }, deps, now),
    ),
  );
  if (outcome instanceof ReverieError) throw outcome;
  await mirrorNewMembers(input.caller.userId, deps);
  return outcome;
}

export const confirmInvitationRoute = route(
  {
    operationId: "confirmInvitation",
    access: "account",
    rate: "confirm",
    method: "post",
    path: "/v1/invitations/{id}/confirm",
    summary: "Bind the care group with the code the recipient read out",
    request: {
      params: idParam,
      headers: idempotencyHeader,
      body: jsonBody(
        z.strictObject({
          code: z.string().min(1).max(64).describe("Case, spaces and hyphens don't matter."),
        }),
      ),
    },
    responses: { 201: json(groupSchema, "The care group.") },
    errors: ["not_found", "code_rejected", "already_in_group", "too_many_spaces", "idempotency_key_reused"],
  },
  confirmInvitation,
  async (c, perform) => {
    const input = {
      caller: callerOf(c),
      invitationId: c.req.valid("param").id,
      code: c.req.valid("json").code,
      idempotencyKey: c.req.valid("header")["idempotency-key"],
    };
    return sendStored(c, await perform(input));
  },
);

/** The transaction, and what members see changed by it. */
interface Confirming {
  readonly sql: Sql;
  readonly changes: Change[];
}

interface Invitation {
  readonly recipient_key: Buffer;
  readonly recipient_email: string | null;
  readonly recipient_id: string | null;
  readonly code_hash: Buffer | null;
  readonly tries: number;
  readonly expires_at: Date;
  readonly ended: boolean;
}

/** Returned errors keep the try that was taken; thrown ones take nothing. */
async function tryCode(
  { caller, invitationId, code }: ConfirmInput,
  { sql, changes }: Confirming,
  deps: GroupsDeps,
  now: Date,
): Promise<StoredAnswer | ReverieError> {
  const giverId = caller.userId;
  const counted = giverKey(deps.codeKey, await personOf(sql, giverId));
  const invitation = await takeTry(sql, invitationId, giverId);
  const recipientKey = invitation.recipient_key;
  const { CODE_TRIES_PER_GIVER, CODE_TRIES_PER_PAIR } = deps.caps;
  await takeDaily(sql, { what: "try_pair", giverKey: counted, recipientKey, cap: CODE_TRIES_PER_PAIR }, now);
  await takeDaily(sql, { what: "try", giverKey: counted, cap: CODE_TRIES_PER_GIVER }, now);

  const offered = codeHash(deps.codeKey, { invitationId, giverId, recipientKey }, normalCode(code));
  const same = timingSafeEqual(offered, invitation.code_hash ?? Buffer.alloc(offered.length));
  const recipient = await recipientOf(sql, invitation);
  const good = same && !invitation.ended && invitation.expires_at > now;
  if (!good || !recipient || !(await lockPair(sql, giverId, recipient))) return refuse(sql, caller, now);
  return join({ sql, changes }, { caller, invitationId, recipient }, deps, now);
}

async function refuse(sql: Sql, caller: Caller, now: Date): Promise<ReverieError> {
  await audit(
    sql,
    { action: "invitation_confirmed", outcome: "refused", reason: "code_rejected", ...caller },
    now,
  );
  return errors.codeRejected(
    "ask the recipient whether they signed in with the invited address, and to read the newest code again; or ask for a new one",
  );
}

/** Who the invitation is for as things are now; one statement in every case. */
async function recipientOf(
  sql: Sql,
  { recipient_email, recipient_id }: Invitation,
): Promise<Person | undefined> {
  const holder = await personWithAddress(sql, recipient_email ?? "");
  const isSame = recipient_id === null || recipient_id === holder?.id;
  return isSame && holder?.role !== "care_giver" ? holder : undefined;
}

/**
 * Locks both, in the order of their ids. The giver's row stands for "which group they are in", also while they are in none: two
 * confirmations of theirs wait here.
 * @returns whether the recipient is still who they were found to be
 */
async function lockPair(sql: Sql, giverId: string, { id, address, role }: Person): Promise<boolean> {
  const { rows } = await sql.query<{ id: string; same: boolean }>(
    `SELECT id, (email_verified AND email = $3 AND role IS NOT DISTINCT FROM $4) AS same
     FROM users WHERE id IN ($1, $2) ORDER BY id FOR NO KEY UPDATE`,
    [giverId, id, address, role],
  );
  return rows.some((row) => row.id === id && row.same);
}

/** Locks the invitation and takes one of its tries; there are five wrong ones, so the one after the fifth is not looked at. */
async function takeTry(sql: Sql, invitationId: string, giverId: string): Promise<Invitation> {
  const { rows } = await sql.query<Invitation>(
    `SELECT recipient_key, recipient_email, recipient_id, code_hash, tries, expires_at,
       (revoked_at IS NOT NULL OR confirmed_at IS NOT NULL) AS ended
     FROM invitations WHERE id = $1 AND giver_id = $2 FOR UPDATE`,
    [invitationId, giverId],
  );
  const invitation = rows[0];
  if (!invitation) throw errors.notFound();
  if (invitation.tries >= CODE_TRIES)
    throw errors.rateLimited("this code's tries are spent; ask for a new code");
  await sql.query("UPDATE invitations SET tries = tries + 1 WHERE id = $1", [invitationId]);
  return invitation;
}

async function join(
  { sql, changes }: Confirming,
  { caller, invitationId, recipient }: { caller: Caller; invitationId: string; recipient: Person },
  deps: GroupsDeps,
  now: Date,
): Promise<StoredAnswer | ReverieError> {
  const giverId = caller.userId;
  const spaceId = await spaceOfRecipient(sql, recipient.id, giverId, deps, now);
  if (spaceId === undefined) {
    return errors.alreadyInGroup("leave the other care group first; the code stays good until it expires");
  }
  if (recipient.role === null) await enrol(sql, recipient.id, caller, now);
  await sql.query("UPDATE invitations SET confirmed_at = $2, recipient_email = NULL WHERE id = $1", [
    invitationId,
    now,
  ]);
  for (const id of [recipient.id, giverId]) changes.push({ spaceId, type: "member", id, op: "put" });
  await audit(sql, { action: "invitation_confirmed", ...caller, otherUserId: recipient.id, spaceId }, now);
  return { status: 201, body: JSON.stringify(await groupView(sql, spaceId)) };
}

/** Who gives away the code has agreed to be cared for. */
async function enrol(sql: Sql, recipientId: string, { requestId }: Caller, now: Date): Promise<void> {
  await sql.query("UPDATE users SET role = 'care_recipient', updated_at = $2 WHERE id = $1", [
    recipientId,
    now,
  ]);
  await audit(sql, { action: "role_set", userId: recipientId, requestId }, now);
}

/**
 * Puts both into the recipient's group, which is made if there is none. Others may be doing the same for the same recipient or
 * the same giver; the unique columns decide.
 * @returns undefined, and nothing made, when the giver is in another group
 */
async function spaceOfRecipient(
  sql: Sql,
  recipientId: string,
  giverId: string,
  deps: GroupsDeps,
  now: Date,
): Promise<string | undefined> {
  const { rows: current } = await sql.query<{ recipient_id: string }>(
    `SELECT s.owner_id AS recipient_id FROM space_members m JOIN spaces s ON s.id = m.space_id
     WHERE m.user_id = $1 AND m.space_type = 'care'`,
    [giverId],
  );
  if (current[0] && current[0].recipient_id !== recipientId) return undefined;
  await sql.query(
    `INSERT INTO spaces (id, type, owner_id, created_at) VALUES ($1, 'care', $2, $3)
     ON CONFLICT (owner_id) WHERE type = 'care' DO NOTHING`,
    [deps.newId(), recipientId, now],
  );
  const { rows } = await sql.query<{ id: string }>(
    "SELECT id FROM spaces WHERE owner_id = $1 AND type = 'care' FOR KEY SHARE",
    [recipientId],
  );
  const spaceId = rows[0]?.id;
  if (spaceId === undefined) throw errors.notFound(); // the recipient was erased this moment
  await joinSpace(sql, { spaceId, type: "care", userId: recipientId, role: "recipient" }, "code", now);
  await joinSpace(sql, { spaceId, type: "care", userId: giverId, role: "giver" }, "code", now);
  return spaceId;
}

/** The truth is committed; if Firestore is away just now, `sweep` writes the mirrors. */
async function mirrorNewMembers(giverId: string, deps: GroupsDeps): Promise<void> {
  try {
    const [{ mirrorMember }, firestore] = await Promise.all([
      import("#shared/spaces/mirror.ts"), // loads Firestore, which most requests of this function don't need
      deps.firestore(),
    ]);
    const { rows } = await deps.db.query<{ user_id: string }>(
      `SELECT user_id FROM space_members WHERE mirrored_at IS NULL
       AND space_id = (SELECT space_id FROM space_members WHERE user_id = $1 AND space_type = 'care') ORDER BY user_id`,
      [giverId],
    );
    for (const { user_id } of rows) await mirrorMember(deps.db, firestore, user_id);
  } catch (error) {
    deps.http.log.warn("members_unmirrored", { error });
  }
}
