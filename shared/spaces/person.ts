/** A person as SQL knows them; the access token may be ten minutes behind. */

import { errors } from "../platform/errors.ts";
import type { Role } from "../platform/http/accessToken.ts";
import type { Language } from "../platform/language.ts";
import type { Sql } from "../platform/sql/pool.ts";
import { allows, type SpaceAct, type SpaceRole } from "./spaceTypes.ts";

export interface Person {
  readonly id: string;
  /** As it was written. */
  readonly email: string | null;
  /** The same in its canonical form, to compare by and to mail to. */
  readonly address: string | null;
  readonly emailVerified: boolean;
  readonly name: string | null;
  readonly role: Role | null;
  /** An IANA name. */
  readonly timeZone: string;
  readonly language: Language;
  /** `HH:MM` in their own time zone; a span whose end is earlier than its start passes midnight. */
  readonly quietHours: { readonly from: string; readonly to: string } | null;
  /** Whether their phones are notified of bests that were beaten. */
  readonly notifyBests: boolean;
  readonly createdAt: Date;
}

const COLUMNS = `id, coalesce(email_written, email) AS email, email AS address, email_verified AS "emailVerified", name, role, time_zone AS "timeZone", language, notify_bests AS "notifyBests", created_at AS "createdAt",
  CASE WHEN quiet_from IS NULL THEN NULL
       ELSE jsonb_build_object('from', to_char(quiet_from, 'HH24:MI'), 'to', to_char(quiet_to, 'HH24:MI')) END AS "quietHours"`;

/**
 * The person behind a token.
 * @param lock `update` keeps other changes to the person waiting until the transaction ends
 * @throws `token_invalid` when the account was erased since the token was issued
 */
export async function personOf(sql: Sql, userId: string, lock?: "update"): Promise<Person> {
  const { rows } = await sql.query<Row>(
    `SELECT ${COLUMNS} FROM users WHERE id = $1${lock ? " FOR NO KEY UPDATE" : ""}`,
    [userId],
  );
  if (!rows[0]) throw errors.tokenInvalid("this account was erased");
  return rows[0];
}

/**
 * The person who holds this address verified, or undefined. Two accounts can't hold one address.
 * @param address in its canonical form
 */
export async function personWithAddress(sql: Sql, address: string): Promise<Person | undefined> {
  const { rows } = await sql.query<Row>(`SELECT ${COLUMNS} FROM users WHERE email_verified AND email = $1`, [
    address,
  ]);
  return rows[0];
}

/**
 * @throws `not_enrolled` when the role isn't chosen yet, `role_mismatch` when it is the other one
 */
export function requireRole(person: Person, role: Role): void {
  if (person.role === null) throw errors.notEnrolled("choose a role first");
  if (person.role !== role) {
    throw errors.roleMismatch(`only a ${role.replace("_", " ")} does this`);
  }
}

/** The role in a care group of who has chosen this one. */
const CARE_ROLES: Readonly<Record<Role, SpaceRole>> = { care_giver: "giver", care_recipient: "recipient" };

/**
 * For what people do in a care group that may not be there yet: inviting its recipient.
 * @throws `not_enrolled` when the role isn't chosen yet, `role_mismatch` when it may not do so
 */
export function requireCareAct({ role }: Person, act: SpaceAct): void {
  if (role === null) throw errors.notEnrolled("choose a role first");
  if (!allows("care", CARE_ROLES[role], act)) {
    throw errors.roleMismatch(`a ${role.replace("_", " ")} may not ${act}`);
  }
}

/** Node-postgres gives back exactly these fields under these names. */
type Row = { [Field in keyof Person]: Person[Field] };
