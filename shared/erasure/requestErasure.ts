import { type ChangingDeps, changing } from "../changes/changing.ts";
import { errors } from "../platform/errors.ts";
import type { Role } from "../platform/http/accessToken.ts";
import { audit } from "../platform/sql/auditLog.ts";
import type { Sql } from "../platform/sql/pool.ts";
import { rolesWith } from "../spaces/spaceTypes.ts";

/** What an erasure removed, as counts by name; `bytes` are those of the objects. */
export type Took = Readonly<Record<string, number>>;

/** An erasure as SQL keeps it: ids and counts, nothing of the person. */
export interface Erasure {
  readonly userId: string;
  /** The spaces that are erased with the person. */
  readonly spaceIds: readonly string[];
  readonly formerMembers: readonly string[];
  readonly firebaseUids: readonly string[];
  readonly requestedAt: Date;
  readonly took: Took;
  readonly doneAt: Date | null;
}

/**
 * The part of an erasure that can't be undone, in one transaction: it sets the tombstones and deletes all that SQL has of the person, with
 * sessions and memberships. The spaces that end with the person are deleted too, with all their resources and VR videos: their own, and
 * those that no one else is in. What they made for other spaces stays there, without its creator. What is left to do outside SQL is
 * recorded as ids.
 *
 * Asked again, also with a token that outlives the account, it returns the erasure there is.
 * @throws `token_invalid` for an account that never was
 */
export function requestErasure(
  caller: { userId: string; sessionId: string; requestId: string },
  deps: ChangingDeps,
): Promise<Erasure> {
  const now = deps.clock();
  return changing(deps, async (sql, changes) => {
    const person = await lockPerson(sql, caller.userId);
    const earlier = await erasureOf(sql, caller.userId);
    if (earlier) return earlier;
    if (!person) throw errors.tokenInvalid("there is no such account");
    const spaceIds = await endingSpaces(sql, person.id);
    await noteErasure(sql, { userId: person.id, role: person.role, spaceIds, now });
    const left = await leftSpaces(sql, person.id, spaceIds);
    const took = {
      ...(await eraseSpaces(sql, spaceIds, now)),
      ...(await erasePerson(sql, person.id, person.address)),
    };
    await sql.query("UPDATE erasures SET took = $2 WHERE user_id = $1", [person.id, JSON.stringify(took)]);
    await audit(sql, { action: "erasure_requested", ...caller }, now);
    for (const spaceId of left) changes.push({ spaceId, type: "member", id: person.id, op: "delete" });
    const erasure = await erasureOf(sql, person.id);
    if (!erasure) throw new Error("the erasure was not noted");
    return erasure;
  });
}

/** The erasure of an account, if there is one. */
export async function erasureOf(sql: Sql, userId: string): Promise<Erasure | undefined> {
  const { rows } = await sql.query<{ [Field in keyof Erasure]: Erasure[Field] }>(
    `SELECT user_id AS "userId", space_ids AS "spaceIds", former_members AS "formerMembers", firebase_uids AS "firebaseUids",
       requested_at AS "requestedAt", took, done_at AS "doneAt"
     FROM erasures WHERE user_id = $1`,
    [userId],
  );
  return rows[0];
}

/**
 * Of two requests to erase one account, the second waits and finds the erasure of the first. Invitations are locked before people and
 * people before spaces, in the order in which confirming a code locks them, so that the two can't deadlock.
 */
async function lockPerson(
  sql: Sql,
  userId: string,
): Promise<{ id: string; role: Role | null; address: string | null } | undefined> {
  await sql.query(
    `SELECT 1 FROM invitations WHERE giver_id = $1 OR recipient_id = $1
       OR recipient_email = (SELECT email FROM users WHERE id = $1 AND email_verified) ORDER BY id FOR UPDATE`,
    [userId],
  );
  const { rows } = await sql.query<{ id: string; role: Role | null; address: string | null }>(
    `SELECT id, role, CASE WHEN email_verified THEN email END AS address FROM users WHERE id = $1 FOR UPDATE`,
    [userId],
  );
  return rows[0];
}

/**
 * The spaces that end with the person, in the order of their ids and locked: a transaction that adds to one commits before, or finds it
 * deleted. All spaces of the person are locked first, so that of the last two members of one, who are erased at once, the second is the last.
 */
async function endingSpaces(sql: Sql, userId: string): Promise<string[]> {
  await sql.query(
    `SELECT 1 FROM spaces WHERE id IN (SELECT space_id FROM space_members WHERE user_id = $1) ORDER BY id FOR UPDATE`,
    [userId],
  );
  const ending = rolesWith(({ whenErased }) => whenErased === "space_ends");
  const { rows } = await sql.query<{ space_id: string }>(
    `SELECT m.space_id FROM space_members m
     WHERE m.user_id = $1 AND ((m.space_type, m.role) IN (SELECT * FROM unnest($2::text[], $3::text[]))
       OR NOT EXISTS (SELECT FROM space_members other WHERE other.space_id = m.space_id AND other.user_id <> $1))
     ORDER BY m.space_id`,
    [userId, ending.map(({ type }) => type), ending.map(({ role }) => role)],
  );
  return rows.map((row) => row.space_id);
}

/** The spaces that go on without the person. */
async function leftSpaces(sql: Sql, userId: string, ending: readonly string[]): Promise<string[]> {
  const { rows } = await sql.query<{ space_id: string }>(
    "SELECT space_id FROM space_members WHERE user_id = $1 AND space_id <> ALL($2)",
    [userId, ending],
  );
  return rows.map(({ space_id }) => space_id);
}

async function noteErasure(
  sql: Sql,
  {
    userId,
    role,
    spaceIds,
    now,
  }: { userId: string; role: Role | null; spaceIds: readonly string[]; now: Date },
): Promise<void> {
  await sql.query("INSERT INTO tombstones (space_id, erased_at) SELECT unnest($1::text[]), $2", [
    spaceIds,
    now,
  ]);
  await sql.query(
    `INSERT INTO erasures (user_id, role, space_ids, former_members, firebase_uids, requested_at, took, next_at)
     SELECT $1, $2, $3,
       ARRAY(SELECT DISTINCT user_id FROM space_members WHERE space_id = ANY($3) AND user_id <> $1 ORDER BY user_id) || ARRAY[$1],
       -- Firebase has one account from the sign-in there, and one under our own id from listening to Firestore.
       ARRAY(SELECT DISTINCT uid FROM identities, unnest(ARRAY[firebase_uid, CASE WHEN provider = 'firebase' THEN subject END]) AS uid
         WHERE user_id = $1 AND uid IS NOT NULL) || ARRAY[$1],
       $4, '{}', $4`,
    [userId, role, spaceIds, now],
  );
}

async function eraseSpaces(sql: Sql, spaceIds: readonly string[], now: Date): Promise<Took> {
  const { rows } = await sql.query<Took>(
    `SELECT (SELECT count(*)::int FROM spaces WHERE id = ANY($1)) AS spaces,
       (SELECT count(*)::int FROM space_members WHERE space_id = ANY($1)) AS members,
       (SELECT count(*)::int FROM resources WHERE space_id = ANY($1)) AS resources,
       (SELECT count(*)::int FROM vr_videos WHERE space_id = ANY($1)) AS "vrVideos"`,
    [spaceIds],
  );
  await sql.query("UPDATE result_versions SET state = 'erased' WHERE space_id = ANY($1)", [spaceIds]);
  await sql.query("DELETE FROM outbox WHERE event->>'spaceId' = ANY($1)", [spaceIds]);
  await revokeInvitations(sql, spaceIds, now);
  await forgetAnswers(sql, spaceIds);
  // Members, resources with their files, and VR videos reference the space and are deleted with it.
  await sql.query("DELETE FROM spaces WHERE id = ANY($1)", [spaceIds]);
  return rows[0] ?? {};
}

async function erasePerson(sql: Sql, userId: string, address: string | null): Promise<Took> {
  const { rows } = await sql.query<Took>(
    `SELECT 1 AS accounts,
       (SELECT count(*)::int FROM identities WHERE user_id = $1) AS identities,
       (SELECT count(*)::int FROM sessions WHERE user_id = $1 AND ended_at IS NULL) AS sessions,
       (SELECT count(*)::int FROM devices WHERE user_id = $1) AS devices,
       (SELECT count(*)::int FROM badges WHERE user_id = $1) AS badges,
       (SELECT count(*)::int FROM invitations WHERE giver_id = $1 OR recipient_id = $1) AS invitations`,
    [userId],
  );
  await sql.query("DELETE FROM outbox WHERE event->>'userId' = $1", [userId]);
  await sql.query(
    `UPDATE invitations SET mail_state = CASE mail_state WHEN 'pending' THEN 'cancelled' ELSE mail_state END,
       recipient_email = NULL, code_seed = NULL, code_hash = NULL
     WHERE recipient_email = $1 OR recipient_id = $2`,
    [address, userId],
  );
  const { rows: left } = await sql.query<{ space_id: string }>(
    "SELECT space_id FROM space_members WHERE user_id = $1",
    [userId],
  );
  await forgetAnswers(
    sql,
    left.map(({ space_id }) => space_id),
  );
  // All other rows of the person reference it: they are deleted with it, or lose their creator.
  await sql.query("DELETE FROM users WHERE id = $1", [userId]);
  return rows[0] ?? {};
}

/** Ends codes that were made for the recipient of one of these spaces and not used. */
async function revokeInvitations(sql: Sql, spaceIds: readonly string[], now: Date): Promise<void> {
  await sql.query(
    `UPDATE invitations SET revoked_at = $2
     WHERE revoked_at IS NULL AND confirmed_at IS NULL AND EXISTS (
       SELECT FROM spaces s JOIN users u ON u.id = s.owner_id
       WHERE s.id = ANY($1) AND s.type = 'care' AND (u.id = invitations.recipient_id OR (u.email_verified AND u.email = invitations.recipient_email)))`,
    [spaceIds, now],
  );
}

/** Stored answers for Idempotency-Keys show members to each other, so they are deleted before their 24 hours are over. */
async function forgetAnswers(sql: Sql, spaceIds: readonly string[]): Promise<void> {
  await sql.query(
    "DELETE FROM idempotency_keys WHERE caller IN (SELECT user_id FROM space_members WHERE space_id = ANY($1))",
    [spaceIds],
  );
}
