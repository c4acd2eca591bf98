import { errors } from "../platform/errors.ts";
import type { Sql } from "../platform/sql/pool.ts";
import { MOST_SPACES, type RoleInType, rulesOf } from "./spaceTypes.ts";

interface NewMember extends RoleInType {
  readonly spaceId: string;
  readonly userId: string;
}

/**
 * Makes the personal space of an account, in the transaction that makes the account: each person has one from then on.
 * @param spaceId a fresh id
 */
export async function makePersonalSpace(
  sql: Sql,
  { spaceId, userId, now }: { readonly spaceId: string; readonly userId: string; readonly now: Date },
): Promise<void> {
  await sql.query("INSERT INTO spaces (id, type, owner_id, created_at) VALUES ($1, 'personal', $2, $3)", [
    spaceId,
    userId,
    now,
  ]);
  await insertMember(sql, { spaceId, userId, type: "personal", role: "owner" }, "account", now);
}

/**
 * Puts a person into a space, unless they are in it. Of two such calls for one person the second waits, because the person's row is
 * locked: so the limit holds.
 * @param sql a transaction that has locked the person's row before the space's, as erasing does
 * @param by how they come
 * @throws `too_many_spaces` for a person who is in as many as one may be; `forbidden` when the role isn't come to in that way
 */
export async function joinSpace(
  sql: Sql,
  member: NewMember,
  by: "code" | "invitation",
  now: Date,
): Promise<void> {
  await sql.query("SELECT 1 FROM users WHERE id = $1 FOR NO KEY UPDATE", [member.userId]);
  const { rows } = await sql.query<{ spaces: number; member: boolean }>(
    `SELECT count(*)::int AS spaces, coalesce(bool_or(space_id = $2), false) AS member
     FROM space_members WHERE user_id = $1`,
    [member.userId, member.spaceId],
  );
  if (rows[0]?.member) return;
  if ((rows[0]?.spaces ?? 0) >= MOST_SPACES) {
    throw errors.tooManySpaces(`a person is in ${MOST_SPACES} spaces at most`);
  }
  await insertMember(sql, member, by, now);
}

async function insertMember(
  sql: Sql,
  { spaceId, userId, type, role }: NewMember,
  by: "account" | "code" | "invitation",
  now: Date,
): Promise<void> {
  if (rulesOf(type, role)?.joinsBy !== by) throw errors.forbidden(`no ${role} joins this space by ${by}`);
  await sql.query(
    `INSERT INTO space_members (space_id, space_type, user_id, role, joined_at) VALUES ($1, $2, $3, $4, $5)`,
    [spaceId, type, userId, role, now],
  );
}
