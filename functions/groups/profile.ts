import { errors } from "#shared/platform/errors.ts";
import type { Role } from "#shared/platform/http/accessToken.ts";
import { audit } from "#shared/platform/sql/auditLog.ts";
import type { Database } from "#shared/platform/sql/pool.ts";
import { type Language, type Person, personOf } from "#shared/spaces/person.ts";
import type { Caller } from "./caller.ts";

/** What a person may change; what is absent stays. */
export interface ProfileChange {
  readonly name?: string | undefined;
  readonly role?: Role | undefined;
  readonly timeZone?: string | undefined;
  readonly language?: Language | undefined;
  readonly quietHours?: { readonly from: string; readonly to: string } | null | undefined;
}

/**
 * Changes the caller's profile, all of it or nothing. The role is set once: naming the one that is set already changes nothing, so a
 * repeated enrolment whose answer was lost succeeds.
 * @throws `role_already_set` when it is the other one
 */
export function changeProfile(
  { caller, change }: { caller: Caller; change: ProfileChange },
  db: Database,
  now: Date,
): Promise<Person> {
  return db.transaction(async (sql) => {
    const before = await personOf(sql, caller.userId, "update");
    if (change.role !== undefined && before.role !== null && change.role !== before.role) {
      throw errors.roleAlreadySet(`the role was set to ${before.role}`);
    }
    const quiet = change.quietHours === undefined ? before.quietHours : change.quietHours;
    await sql.query(
      `UPDATE users SET name = $2, role = $3, time_zone = $4, language = $5, quiet_from = $6, quiet_to = $7, updated_at = $8
       WHERE id = $1`,
      [
        before.id,
        change.name ?? before.name,
        change.role ?? before.role,
        change.timeZone ?? before.timeZone,
        change.language ?? before.language,
        quiet?.from ?? null,
        quiet?.to ?? null,
        now,
      ],
    );
    if (change.role !== undefined && before.role === null) {
      await audit(sql, { action: "role_set", ...caller }, now);
    }
    return personOf(sql, before.id);
  });
}
