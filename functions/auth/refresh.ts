/** The refresh: one transaction under the family's lock, around the judgement of `refreshToken.ts`. */

import type { Clock } from "#shared/platform/clock.ts";
import { errors, type ReverieError } from "#shared/platform/errors.ts";
import { type RateLimiter, rateLimited } from "#shared/platform/http/rateLimit.ts";
import { audit } from "#shared/platform/sql/auditLog.ts";
import type { Database, Sql } from "#shared/platform/sql/pool.ts";
import type { Account } from "./account.ts";
import type { EndListeners } from "./listeners.ts";
import {
  attemptHash,
  judge,
  looksLikeRefreshToken,
  type PresentedToken,
  successorOf,
  tokenHash,
  type Verdict,
} from "./refreshToken.ts";
import { idleExpiry } from "./session.ts";

export interface RefreshDeps {
  readonly db: Database;
  readonly clock: Clock;
  /** The setting REFRESH_TOKEN_KEY: the first derives, the others are tried when a token was spent under them. */
  readonly refreshKeys: readonly Buffer[];
  /** Without it nothing is counted. */
  readonly limits?: RateLimiter | undefined;
  readonly endListeners: EndListeners;
}

export interface RefreshedSession {
  readonly account: Account;
  readonly sessionId: string;
  readonly refreshToken: string;
}

interface Family {
  readonly sessionId: string;
  readonly sessionExpiresAt: Date;
  readonly sessionEnd: PresentedToken["sessionEnd"];
  readonly account: Account;
}

type Outcome =
  | { readonly verdict: "rotate" | "repeat"; readonly session: RefreshedSession }
  | {
      readonly verdict: Exclude<Verdict, "rotate" | "repeat"> | "limited";
      /** The session that this refresh ended. */
      readonly ended?: { readonly userId: string; readonly sessionId: string };
    };

/**
 * Spends a refresh token, or gives its successor again for the attempt key it was spent with.
 * @throws `token_invalid`, `token_spent` (nothing changed), `token_reused` (the session has ended; that is committed), `rate_limited`
 *   (nothing changed)
 */
export async function refresh(
  input: { readonly refreshToken: string; readonly attemptKey: string; readonly requestId: string },
  deps: RefreshDeps,
): Promise<RefreshedSession> {
  if (!looksLikeRefreshToken(input.refreshToken)) throw refusal("invalid");
  const now = deps.clock();
  const limited = await overLimit(input.refreshToken, deps);
  // A refusal is returned, not thrown: what a reuse writes must be committed.
  const outcome = await deps.db.transaction((sql) =>
    decide(sql, { ...input, mayGive: limited === undefined }, deps.refreshKeys, now),
  );
  if (outcome.verdict === "rotate" || outcome.verdict === "repeat") return outcome.session;
  if (outcome.verdict === "reused" && outcome.ended) {
    await deps.endListeners(outcome.ended.userId, [outcome.ended.sessionId]);
  }
  if (outcome.verdict === "limited") throw limited ?? new Error("a refresh was limited without a limit");
  throw refusal(outcome.verdict);
}

/**
 * Counts a refresh by its account, since a caller's address may be chosen by the caller. What holds no token of a live session counts for
 * no account, so no stranger can spend a person's budget.
 * @returns the refusal, which only withholds tokens: a token of which there are two holders still ends its session, so that a thief who
 *   spends the whole budget isn't safe from the phone's next refresh
 */
async function overLimit(
  refreshToken: string,
  { db, limits }: RefreshDeps,
): Promise<ReverieError | undefined> {
  if (!limits) return undefined;
  const { rows } = await db.query<{ user_id: string }>(
    `SELECT s.user_id FROM refresh_tokens t JOIN sessions s ON s.id = t.session_id
     WHERE t.token_hash = $1 AND s.ended_at IS NULL`,
    [tokenHash(refreshToken)],
  );
  const decision = rows[0] && (await limits.take("refresh_account", rows[0].user_id));
  return decision === undefined || decision.allowed ? undefined : rateLimited(decision);
}

async function decide(
  sql: Sql,
  input: {
    readonly refreshToken: string;
    readonly attemptKey: string;
    readonly requestId: string;
    /** Whether a successor may be given out. */
    readonly mayGive: boolean;
  },
  keys: readonly Buffer[],
  now: Date,
): Promise<Outcome> {
  const hash = tokenHash(input.refreshToken);
  const attempt = attemptHash(input.refreshToken, input.attemptKey);
  const family = await lockFamily(sql, hash);
  const stored = family && (await readToken(sql, hash));
  if (!family || !stored) return { verdict: "invalid" };

  const { sessionId, sessionExpiresAt, sessionEnd, account } = family;
  const verdict = judge({ ...stored, sessionExpiresAt, sessionEnd }, attempt, now);
  if (!input.mayGive && (verdict === "rotate" || verdict === "repeat")) return { verdict: "limited" };
  const successors = keys.map((key) => successorOf(input.refreshToken, input.attemptKey, key));
  if (verdict === "rotate") {
    const [refreshToken] = successors;
    if (refreshToken === undefined) throw new Error("there is no key to derive refresh tokens with");
    await rotate(
      sql,
      { family, hash, attempt, successor: tokenHash(refreshToken), generation: stored.generation },
      now,
    );
    return { verdict, session: { account, sessionId, refreshToken } };
  }
  if (verdict === "repeat") {
    const refreshToken = successors.find((token) => stored.successorHash?.equals(tokenHash(token)));
    if (refreshToken === undefined) return { verdict: "spent" }; // the key it was derived with has been retired
    return { verdict, session: { account, sessionId, refreshToken } };
  }
  if (verdict === "reused") {
    await sql.query("UPDATE sessions SET ended_at = $2, end_reason = 'token_reused' WHERE id = $1", [
      sessionId,
      now,
    ]);
    const { requestId } = input;
    const entry = { action: "refresh", outcome: "refused", reason: "token_reused" } as const;
    await audit(sql, { ...entry, userId: account.id, sessionId, requestId }, now);
  }
  return verdict === "reused" ? { verdict, ended: { userId: account.id, sessionId } } : { verdict };
}

/** Locks the session that a token belongs to, so that requests about one family are handled one after the other. */
async function lockFamily(sql: Sql, hash: Buffer): Promise<Family | undefined> {
  const { rows } = await sql.query<{
    session_id: string;
    expires_at: Date;
    end_reason: PresentedToken["sessionEnd"];
    id: string;
    email: string | null;
    name: string | null;
    role: Account["role"];
  }>(
    `SELECT s.id AS session_id, s.expires_at, s.end_reason, u.id, u.email, u.name, u.role
     FROM sessions s JOIN users u ON u.id = s.user_id
     WHERE s.id = (SELECT session_id FROM refresh_tokens WHERE token_hash = $1) FOR NO KEY UPDATE OF s`,
    [hash],
  );
  const row = rows[0];
  if (!row) return undefined;
  const { session_id, expires_at, end_reason, ...account } = row;
  return { sessionId: session_id, sessionExpiresAt: expires_at, sessionEnd: end_reason, account };
}

/** A statement of its own after the lock: only so does it see what the lock's last holder committed. */
async function readToken(
  sql: Sql,
  hash: Buffer,
): Promise<
  | (Omit<PresentedToken, "sessionEnd" | "sessionExpiresAt"> & {
      generation: number;
      successorHash: Buffer | null;
    })
  | undefined
> {
  const { rows } = await sql.query<{
    generation: number;
    expires_at: Date;
    attempt_hash: Buffer | null;
    successor_hash: Buffer | null;
    successor_spent: boolean;
  }>(
    `SELECT t.generation, t.expires_at, t.attempt_hash, s.token_hash AS successor_hash, s.spent_at IS NOT NULL AS successor_spent
     FROM refresh_tokens t
     LEFT JOIN refresh_tokens s ON s.session_id = t.session_id AND s.generation = t.generation + 1
     WHERE t.token_hash = $1`,
    [hash],
  );
  const row = rows[0];
  return (
    row && {
      generation: row.generation,
      expiresAt: row.expires_at,
      spentWith: row.attempt_hash,
      successorHash: row.successor_hash,
      successorSpent: row.successor_spent,
    }
  );
}

async function rotate(
  sql: Sql,
  token: { family: Family; hash: Buffer; attempt: Buffer; successor: Buffer; generation: number },
  now: Date,
): Promise<void> {
  const { family, hash, attempt, successor, generation } = token;
  const expiresAt = idleExpiry(now, family.sessionExpiresAt);
  await sql.query(
    `WITH used AS (UPDATE sessions SET last_used_at = $3 WHERE id = $5)
     UPDATE refresh_tokens SET spent_at = $3, attempt_hash = $2, expires_at = $4 WHERE token_hash = $1`,
    [hash, attempt, now, expiresAt, family.sessionId],
  );
  await sql.query(
    `INSERT INTO refresh_tokens (token_hash, session_id, generation, issued_at, expires_at) VALUES ($1, $2, $3, $4, $5)`,
    [successor, family.sessionId, generation + 1, now, expiresAt],
  );
}

function refusal(verdict: Exclude<Verdict, "rotate" | "repeat">): ReverieError {
  switch (verdict) {
    case "spent":
      return errors.tokenSpent("this token was spent and its successor is in use; nothing was ended");
    case "reused":
    case "ended":
      return errors.tokenReused(
        "this session was ended because two parties held one of its tokens; sign in again",
      );
    case "invalid":
      return errors.tokenInvalid("the refresh token is unknown or expired, or its session has ended");
  }
}
