/** Which account an identity signs in to. */

import type { Role } from "#shared/platform/http/accessToken.ts";
import type { NewId } from "#shared/platform/ids.ts";
import { audit } from "#shared/platform/sql/auditLog.ts";
import type { Sql } from "#shared/platform/sql/pool.ts";
import type { Identity } from "./identity.ts";

export interface Account {
  readonly id: string;
  readonly email: string | null;
  readonly name: string | null;
  readonly role: Role | null;
}

/**
 * The account of an identity; made, or linked to the identity, if need be. The rule:
 * 1. An identity that signed in before signs in to its account, whatever its address is by now.
 * 2. A new identity whose address is verified joins the account that has this address verified.
 * 3. Any other new identity gets an account of its own. An unverified address is noted there and claims nothing, so two accounts are
 *    never joined on the word of someone who may not read that mailbox.
 * An address that gets verified later is claimed then, unless another account has it by now; accounts that exist are never merged.
 * @param sql a transaction; sign-ins of one identity or one verified address wait for each other in it
 */
export async function accountOf(
  sql: Sql,
  identity: Identity,
  context: { newId: NewId; now: Date; requestId: string },
): Promise<Account> {
  await oneAtATime(sql, identity);
  const known = await accountByIdentity(sql, identity, context.now);
  if (known) return known;

  const { now, requestId } = context;
  const holder = identity.emailVerified ? await accountByAddress(sql, identity.email) : undefined;
  const account = holder ?? (await createAccount(sql, identity, context));
  await sql.query(
    `INSERT INTO identities (provider, subject, user_id, email, email_verified, created_at, last_used_at)
     VALUES ($1, $2, $3, $4, $5, $6, $6)`,
    [identity.provider, identity.subject, account.id, identity.email, identity.emailVerified, now],
  );
  const action = holder ? "identity_linked" : "account_created";
  await audit(sql, { action, userId: account.id, requestId }, now);
  return account;
}

/** Identity before address, everywhere: so no two sign-ins wait for each other crosswise. The locks end with the transaction. */
async function oneAtATime(sql: Sql, identity: Identity): Promise<void> {
  const lock = (what: readonly string[]) =>
    sql.query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", [JSON.stringify(what)]);
  await lock(["identity", identity.provider, identity.subject]);
  if (identity.emailVerified) await lock(["address", identity.email?.toLowerCase() ?? ""]);
}

async function accountByIdentity(sql: Sql, identity: Identity, now: Date): Promise<Account | undefined> {
  // The lock keeps an erasure from deleting the account between here and the new session.
  const { rows } = await sql.query<Account & { email_verified: boolean }>(
    `SELECT u.id, u.email, u.name, u.role, u.email_verified
     FROM identities i JOIN users u ON u.id = i.user_id
     WHERE i.provider = $1 AND i.subject = $2 FOR NO KEY UPDATE OF u`,
    [identity.provider, identity.subject],
  );
  const found = rows[0];
  if (!found) return undefined;
  await sql.query(
    `UPDATE identities SET email = $3, email_verified = $4, last_used_at = $5 WHERE provider = $1 AND subject = $2`,
    [identity.provider, identity.subject, identity.email, identity.emailVerified, now],
  );
  if (found.email_verified || identity.email === null) return found;
  return { ...found, email: (await noteAddress(sql, found.id, identity, now)) ?? found.email };
}

/** Writes an address to an account that has none verified: as verified if it is and nobody has it, else for display only. */
async function noteAddress(
  sql: Sql,
  userId: string,
  identity: Identity,
  now: Date,
): Promise<string | undefined> {
  const { rows } = await sql.query<{ email: string }>(
    `UPDATE users SET email = $2, updated_at = $4,
       email_verified = $3 AND NOT EXISTS (SELECT FROM users WHERE lower(email) = lower($2) AND email_verified)
     WHERE id = $1 RETURNING email`,
    [userId, identity.email, identity.emailVerified, now],
  );
  return rows[0]?.email;
}

async function accountByAddress(sql: Sql, email: string | null): Promise<Account | undefined> {
  const { rows } = await sql.query<Account & Record<string, unknown>>(
    `SELECT id, email, name, role FROM users WHERE lower(email) = lower($1) AND email_verified FOR NO KEY UPDATE`,
    [email],
  );
  return rows[0];
}

async function createAccount(
  sql: Sql,
  { email, emailVerified, name }: Identity,
  { newId, now }: { newId: NewId; now: Date },
): Promise<Account> {
  const id = newId();
  await sql.query(
    `INSERT INTO users (id, email, email_verified, name, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $5)`,
    [id, email, emailVerified, name, now],
  );
  return { id, email, name, role: null };
}
