/**
 * Which spaces a person is in, read from SQL at each request by one indexed statement, not from a claim of the token: a removed member
 * is out at once.
 */
import { errors } from "../platform/errors.ts";
import type { Sql } from "../platform/sql/pool.ts";
import { allows, DEFAULT_TYPES, type SpaceAct, type SpaceRole, type SpaceType } from "./spaceTypes.ts";

export interface Membership {
  readonly spaceId: string;
  readonly type: SpaceType;
  readonly role: SpaceRole;
}

const COLUMNS = `m.space_id AS "spaceId", m.space_type AS type, m.role`;

/** A person's membership of a space; undefined when they aren't in it, or there is no such space. */
export async function membershipOf(
  sql: Sql,
  userId: string,
  spaceId: string,
): Promise<Membership | undefined> {
  const { rows } = await sql.query<Row>(
    `SELECT ${COLUMNS} FROM space_members m WHERE m.user_id = $1 AND m.space_id = $2`,
    [userId, spaceId],
  );
  return rows[0];
}

/** All memberships of a person, in the order in which they joined: as many as one may be in spaces. */
export async function membershipsOf(sql: Sql, userId: string): Promise<Membership[]> {
  const { rows } = await sql.query<Row>(
    `SELECT ${COLUMNS} FROM space_members m WHERE m.user_id = $1 ORDER BY m.joined_at, m.space_id`,
    [userId],
  );
  return rows;
}

/** The care group a person is in, or undefined. */
export async function careGroupOf(sql: Sql, userId: string): Promise<Membership | undefined> {
  const { rows } = await sql.query<Row>(
    `SELECT ${COLUMNS} FROM space_members m WHERE m.user_id = $1 AND m.space_type = 'care'`,
    [userId],
  );
  return rows[0];
}

/**
 * The space that a request is about: the one that it names, or else the person's care group, or else their personal space.
 * @param act what the person wants to do there; reading unless given
 * @throws `not_found` for a space they aren't in; `forbidden` when their role there may not do so; `token_invalid` when the account was erased
 */
export async function requireSpace(
  sql: Sql,
  { userId, spaceId }: { readonly userId: string; readonly spaceId?: string | undefined },
  act?: SpaceAct,
): Promise<Membership> {
  if (spaceId !== undefined) return requireMember(sql, { userId, spaceId }, act);
  const membership = await defaultSpaceOf(sql, userId);
  if (act) requireAct(membership, act);
  return membership;
}

/**
 * A person's membership of the space that a thing belongs to.
 * @param act what the person wants to do with it; reading unless given
 * @throws `not_found` when they aren't in it; `forbidden` when their role there may not do so
 */
export async function requireMember(
  sql: Sql,
  { userId, spaceId }: { readonly userId: string; readonly spaceId: string },
  act?: SpaceAct,
): Promise<Membership> {
  const membership = await membershipOf(sql, userId, spaceId);
  if (!membership) throw errors.notFound();
  if (act) requireAct(membership, act);
  return membership;
}

/** @throws `forbidden` when the member's role may not do so in their space */
export function requireAct({ type, role }: Pick<Membership, "type" | "role">, act: SpaceAct): void {
  if (!allows(type, role, act)) throw errors.forbidden(`a ${role} of this space may not ${act} here`);
}

/** Every account has a personal space, and one space of each of these types at most. */
async function defaultSpaceOf(sql: Sql, userId: string): Promise<Membership> {
  const { rows } = await sql.query<Row>(
    `SELECT ${COLUMNS} FROM space_members m WHERE m.user_id = $1 AND m.space_type = ANY($2)`,
    [userId, DEFAULT_TYPES],
  );
  const [found] = DEFAULT_TYPES.flatMap((type) => rows.filter((row) => row.type === type));
  if (!found) throw noSpace({});
  return found;
}

/**
 * The space that `requireSpace` would give for reading, as a part of another statement: one row with its `space_id`, or none.
 * @returns the part, whose parameters are `$1` and `$2`, and their values. When the statement finds no row, the error is `noSpace`
 */
export function requestedSpace({
  userId,
  spaceId,
}: {
  readonly userId: string;
  readonly spaceId?: string | undefined;
}): { readonly text: string; readonly values: readonly [string, string | readonly SpaceType[]] } {
  const ofPerson = "SELECT m.space_id FROM space_members m WHERE m.user_id = $1";
  if (spaceId !== undefined)
    return { text: `${ofPerson} AND m.space_id = $2::text`, values: [userId, spaceId] };
  return {
    text: `${ofPerson} AND m.space_type = ANY($2::text[]) ORDER BY array_position($2, m.space_type) LIMIT 1`,
    values: [userId, DEFAULT_TYPES],
  };
}

/** What `requireSpace` throws when the person isn't in the space, or has none because the account was erased. */
export function noSpace({ spaceId }: { readonly spaceId?: string | undefined }): Error {
  return spaceId === undefined ? errors.tokenInvalid("this account was erased") : errors.notFound();
}

/** Node-postgres gives back exactly these fields under these names. */
type Row = { [Field in keyof Membership]: Membership[Field] };
