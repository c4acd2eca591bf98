/** The account of an identity: found, made, joined, and given the address that is its own by the rules of decideAccount.ts. */

import type { Role } from "#shared/platform/http/accessToken.ts";
import type { NewId } from "#shared/platform/ids.ts";
import { audit } from "#shared/platform/sql/auditLog.ts";
import type { Sql } from "#shared/platform/sql/pool.ts";
import { makePersonalSpace } from "#shared/spaces/joinSpace.ts";
import {
  type Claim,
  type Decision,
  decideAccount,
  type HeldAddress,
  type Holder,
  type KnownIdentity,
} from "./decideAccount.ts";
import type { Identity } from "./identity.ts";

export interface Account {
  readonly id: string;
  /** As it was written. */
  readonly email: string | null;
  readonly name: string | null;
  readonly role: Role | null;
}

/**
 * The account of an identity, by the table in docs/security.md; made, or joined by the identity, where the table says so.
 * @param sql a transaction; sign-ins of one identity or one verified address wait for each other in it
 */
export async function accountOf(
  sql: Sql,
  identity: Identity,
  context: { newId: NewId; now: Date; requestId: string },
): Promise<Account> {
  const { now, requestId } = context;
  await oneAtATime(sql, identity);
  const before = await readAccounts(sql, identity);
  const decision = decideAccount(claimOf(identity), { ...before, now });
  const userId = (decision.account === "holder" ? before.holder?.id : before.known?.id) ?? context.newId();

  if (decision.holderLoses && before.holder) {
    await loseAddress(sql, before.holder.id, now);
    await audit(sql, { action: "address_lost", userId: before.holder.id, requestId }, now);
  }
  if (decision.account === "new") {
    await createAccount(sql, userId, identity, now);
    await makePersonalSpace(sql, { spaceId: context.newId(), userId, now });
  }
  await writeAddress(sql, userId, decision.address, identity, now);
  await writeIdentity(sql, userId, identity, now);
  if (decision.account !== "own") {
    const action = decision.account === "holder" ? "identity_linked" : "account_created";
    await audit(sql, { action, userId, requestId }, now);
  }
  return readAccount(sql, userId);
}

/** Identity before address, everywhere: so no two sign-ins wait for each other. The locks end with the transaction. */
async function oneAtATime(sql: Sql, { provider, subject, email, emailVerified }: Identity): Promise<void> {
  const lock = (what: readonly string[]) =>
    sql.query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", [JSON.stringify(what)]);
  await lock(["identity", provider, subject]);
  if (emailVerified && email) await lock(["address", email.canonical]);
}

function claimOf({ provider, email, emailVerified, secondHand }: Identity) {
  return { provider, address: email?.canonical ?? null, verified: emailVerified, secondHand };
}

interface Accounts {
  readonly known: (KnownIdentity & { readonly id: string }) | undefined;
  readonly holder: (Holder & { readonly id: string }) | undefined;
}

/**
 * The identity's account and the other one that holds its address. Both are locked, in the order of their ids, so that no erasure and
 * no other sign-in changes them before this transaction ends.
 */
async function readAccounts(sql: Sql, identity: Identity): Promise<Accounts> {
  const address = identity.emailVerified ? (identity.email?.canonical ?? null) : null;
  const { rows } = await sql.query<HeldAddress & { id: string; own: boolean }>(
    `SELECT u.id, u.email AS address, u.email_verified AS verified, u.email_joinable AS joinable,
       u.id = own.user_id AS own
     FROM users u LEFT JOIN identities own ON own.provider = $1 AND own.subject = $2
     WHERE u.id = own.user_id OR (u.email_verified AND u.email = $3)
     ORDER BY u.id FOR NO KEY UPDATE OF u`,
    [identity.provider, identity.subject, address],
  );
  const own = rows.find((row) => row.own);
  const holder = rows.find((row) => !row.own);
  return {
    known: own && { id: own.id, account: own, ...(await claimsOf(sql, own.id, identity)) },
    holder: holder && {
      id: holder.id,
      joinable: holder.joinable,
      ...(await confirmationsOf(sql, holder.id, address)),
    },
  };
}

/** What this identity and the account's others said of their addresses when they last signed in. */
async function claimsOf(
  sql: Sql,
  userId: string,
  { provider, subject }: Identity,
): Promise<{ lastClaim: Claim; otherClaims: Claim[] }> {
  const { rows } = await sql.query<{ address: string | null; verified: boolean; own: boolean }>(
    `SELECT email AS address, email_verified AS verified, (provider = $2 AND subject = $3) AS own
     FROM identities WHERE user_id = $1`,
    [userId, provider, subject],
  );
  const lastClaim = rows.find((row) => row.own) ?? { address: null, verified: false };
  return { lastClaim, otherClaims: rows.filter((row) => !row.own) };
}

async function confirmationsOf(
  sql: Sql,
  userId: string,
  address: string | null,
): Promise<{ providers: string[]; confirmedAt: Date | null }> {
  const { rows } = await sql.query<{ providers: string[] | null; confirmedAt: Date | null }>(
    `SELECT array_agg(DISTINCT provider) AS providers,
       max(last_used_at) FILTER (WHERE email_verified AND email = $2) AS "confirmedAt"
     FROM identities WHERE user_id = $1`,
    [userId, address],
  );
  return { providers: rows[0]?.providers ?? [], confirmedAt: rows[0]?.confirmedAt ?? null };
}

async function loseAddress(sql: Sql, userId: string, now: Date): Promise<void> {
  await sql.query(
    "UPDATE users SET email_verified = false, email_joinable = false, updated_at = $2 WHERE id = $1",
    [userId, now],
  );
}

async function createAccount(sql: Sql, userId: string, { name }: Identity, now: Date): Promise<void> {
  await sql.query("INSERT INTO users (id, name, created_at, updated_at) VALUES ($1, $2, $3, $3)", [
    userId,
    name,
    now,
  ]);
}

async function writeAddress(
  sql: Sql,
  userId: string,
  address: Decision["address"],
  { email }: Identity,
  now: Date,
): Promise<void> {
  if (address === "unchanged") return;
  await sql.query(
    `UPDATE users SET email = $2, email_written = $3, email_verified = $4, email_joinable = $5, updated_at = $6
     WHERE id = $1`,
    [userId, address.address, address.address && email?.written, address.verified, address.joinable, now],
  );
}

/** Notes the sign-in and what the provider said. A second-hand address doesn't replace what the provider itself has said. */
async function writeIdentity(sql: Sql, userId: string, identity: Identity, now: Date): Promise<void> {
  const { provider, subject, email, emailVerified, secondHand, firebaseUid } = identity;
  await sql.query(
    `INSERT INTO identities (provider, subject, user_id, email, email_verified, firebase_uid, created_at, last_used_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $7)
     ON CONFLICT (provider, subject) DO UPDATE SET
       email = CASE WHEN $8 THEN identities.email ELSE excluded.email END,
       email_verified = CASE WHEN $8 THEN identities.email_verified ELSE excluded.email_verified END,
       firebase_uid = coalesce(excluded.firebase_uid, identities.firebase_uid),
       last_used_at = excluded.last_used_at`,
    [provider, subject, userId, email?.canonical ?? null, emailVerified, firebaseUid, now, secondHand],
  );
}

async function readAccount(sql: Sql, userId: string): Promise<Account> {
  const { rows } = await sql.query<Account & Record<string, unknown>>(
    "SELECT id, coalesce(email_written, email) AS email, name, role FROM users WHERE id = $1",
    [userId],
  );
  if (!rows[0]) throw new Error("an account that was locked is gone");
  return rows[0];
}
