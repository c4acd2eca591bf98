import { errors } from "#shared/platform/errors.ts";
import type { Sql } from "#shared/platform/sql/pool.ts";
import { countDaily, type DailyCap } from "#shared/spaces/dailyCount.ts";

const SPENT = {
  invite: "no more invitations today",
  invite_pair: "no more invitations of this recipient today",
  try: "no more tries today",
  try_pair: "no more tries with this recipient today; a new code doesn't bring new ones",
} as const;

/**
 * Takes one from a giver's budget of today (UTC).
 * @param sql a transaction; when it is rolled back nothing was taken
 * @throws `rate_limited` when nothing is left, with the time until the day ends
 */
export async function takeDaily(
  sql: Sql,
  cap: DailyCap & { readonly what: keyof typeof SPENT; readonly giverKey: Buffer },
  now: Date,
): Promise<void> {
  if (await countDaily(sql, cap, now)) return;
  throw errors.rateLimited(SPENT[cap.what], {
    retryAfterSeconds: 86_400 - (Math.floor(now.getTime() / 1000) % 86_400),
  });
}
