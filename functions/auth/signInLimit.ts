import { type RateLimiter, rateLimited } from "#shared/platform/http/rateLimit.ts";
import type { Sql } from "#shared/platform/sql/pool.ts";
import type { Identity } from "./identity.ts";

/** What a sign-in is counted with. */
export interface SignInLimitDeps {
  readonly db: Sql;
  /** Without it nothing is counted. */
  readonly limits?: RateLimiter | undefined;
}

/**
 * Counts a sign-in by its account, or by its identity while that has none, since a caller's address may be chosen by the caller. An
 * identity counts once it is proved, so no one can spend another person's budget.
 * @throws `rate_limited`
 */
export async function countSignIn(
  { provider, subject }: Identity,
  { db, limits }: SignInLimitDeps,
): Promise<void> {
  if (!limits) return;
  const { rows } = await db.query<{ user_id: string }>(
    "SELECT user_id FROM identities WHERE provider = $1 AND subject = $2",
    [provider, subject],
  );
  const decision = await limits.take("sign_in_account", rows[0]?.user_id ?? `${provider} ${subject}`);
  if (!decision.allowed) throw rateLimited(decision);
}
