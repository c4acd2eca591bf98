import { z } from "@hono/zod-openapi";
import { errors } from "#shared/platform/errors.ts";
import { idInPath } from "#shared/platform/http/idParam.ts";
import { route } from "#shared/platform/http/route.ts";
import { audit } from "#shared/platform/sql/auditLog.ts";
import type { Sql } from "#shared/platform/sql/pool.ts";
import { careGroupOf, membershipOf } from "#shared/spaces/membership.ts";
import { allows, rulesOf } from "#shared/spaces/spaceTypes.ts";
import { type Caller, callerOf } from "./caller.ts";
import type { GroupsDeps } from "./deps.ts";

/**
 * Takes a giver out of the caller's group: a giver leaves by naming themself, the recipient removes any giver. Access ends
 * before the answer, and codes that are under way between the two end with it. What the giver made stays with the group, which
 * stays too when its last giver goes.
 * @throws `not_found` when the id is of no member of the caller's group; `forbidden` for a giver who names another giver, and for the
 *   recipient's own place: the group is theirs and ends with their account
 */
export async function removeMember(
  { caller, memberId }: { caller: Caller; memberId: string },
  deps: GroupsDeps,
): Promise<void> {
  const now = deps.clock();
  const [{ leaveSpace }, firestore] = await Promise.all([
    import("#shared/spaces/leaveSpace.ts"), // loads Firestore, which most requests of this function don't need
    deps.firestore(),
  ]);
  const left = { userId: memberId, spaceId: await removableFrom(deps.db, caller, memberId) };
  await leaveSpace({ ...deps, firestore }, left, async (sql) => {
    // Asked before, to leave the mirror of others alone, and again, because only now does it decide.
    if ((await removableFrom(sql, caller, memberId)) !== left.spaceId) throw errors.notFound();
    await revokeInvitations(sql, memberId, left.spaceId, now);
    // Answers kept for their Idempotency-Keys show the group as it was.
    await sql.query("DELETE FROM idempotency_keys WHERE caller = $1", [memberId]);
    await audit(
      sql,
      {
        action: memberId === caller.userId ? "member_left" : "member_removed",
        ...caller,
        otherUserId: memberId,
        spaceId: left.spaceId,
      },
      now,
    );
  });
}

export const removeMemberRoute = route(
  {
    operationId: "removeMember",
    access: "account",
    method: "delete",
    path: "/v1/group/members/{userId}",
    summary: "Leave the group (a giver, oneself) or remove a giver (the recipient)",
    request: { params: z.object({ userId: idInPath }) },
    responses: { 204: { description: "No member any more, from this moment." } },
    errors: ["not_found", "forbidden"],
  },
  removeMember,
  async (c, perform) => {
    await perform({ caller: callerOf(c), memberId: c.req.valid("param").userId });
    return c.body(null, 204);
  },
);

/** The space that the caller may take the member out of. @throws `not_found`, `forbidden` */
async function removableFrom(sql: Sql, caller: Caller, memberId: string): Promise<string> {
  const own = await careGroupOf(sql, caller.userId);
  const other = own && (await membershipOf(sql, memberId, own.spaceId));
  if (!own || !other) throw errors.notFound();
  if (!allows(other.type, other.role, "leave")) {
    throw errors.forbidden("the group belongs to its recipient; it ends when they erase their account");
  }
  if (memberId !== caller.userId && !rulesOf(own.type, own.role)?.removes.includes(other.role)) {
    throw errors.forbidden("a care giver can only leave; the recipient removes others");
  }
  return own.spaceId;
}

/** So that a removed person can't come back by a code that was mailed before. */
async function revokeInvitations(sql: Sql, giverId: string, spaceId: string, now: Date): Promise<void> {
  await sql.query(
    `UPDATE invitations SET revoked_at = $3
     WHERE giver_id = $1 AND revoked_at IS NULL AND confirmed_at IS NULL AND EXISTS (
       SELECT FROM spaces s JOIN users u ON u.id = s.owner_id
       WHERE s.id = $2 AND (u.id = invitations.recipient_id OR (u.email_verified AND u.email = invitations.recipient_email)))`,
    [giverId, spaceId, now],
  );
}
