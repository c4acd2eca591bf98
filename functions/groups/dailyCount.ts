import { errors } from "#shared/platform/errors.ts";
import type { Sql } from "#shared/platform/sql/pool.ts";

const SPENT = {
  invite: "no more invitations today",
  invite_pair: "no more invitations of this recipient today",
  try: "no more tries today",
  try_pair: "no more tries with this recipient today; a new code doesn't bring new ones",
} as const;

/** One thing that is counted per giver and day. */
export interface DailyCap {
  readonly what: keyof typeof SPENT;
  readonly giverKey: Buffer;
  /** For counts per pair; absent for counts per giver. */
  readonly recipientKey?: Buffer;
  readonly cap: number;
}

/**
 * Takes one from today's (UTC) budget, in one statement: however many ask at once, at most `cap` are let through.
 * @param sql a transaction; when it is rolled back nothing was taken
 * @throws `rate_limited` when nothing is left, with the time until the day ends
 */
export async function takeDaily(
  sql: Sql,
  { what, giverKey, recipientKey, cap }: DailyCap,
  now: Date,
): Promise<void> {
  const { rowCount } = await sql.query(
    `INSERT INTO daily_counts AS counted (giver_key, what, recipient_key, day, count)
     VALUES ($1, $2, $3, ($4::timestamptz AT TIME ZONE 'UTC')::date, 1)
     ON CONFLICT (giver_key, what, recipient_key, day) DO UPDATE SET count = counted.count + 1
       WHERE counted.count < $5
     RETURNING count`,
    [giverKey, what, recipientKey ?? Buffer.alloc(0), now, cap],
  );
  if (rowCount === 1) return;
  throw errors.rateLimited(SPENT[what], {
    retryAfterSeconds: 86_400 - (Math.floor(now.getTime() / 1000) % 86_400),
  });
}
