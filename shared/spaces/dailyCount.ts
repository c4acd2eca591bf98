import type { Sql } from "../platform/sql/pool.ts";

/** One thing that is counted per day. */
export interface DailyCap {
  /** `mailed`: mails to one recipient, of all givers together. The others are counted per giver, `_pair` per giver and recipient. */
  readonly what: "invite" | "invite_pair" | "try" | "try_pair" | "mailed";
  /** Absent for what all givers share. */
  readonly giverKey?: Buffer;
  /** Absent for counts per giver. */
  readonly recipientKey?: Buffer;
  readonly cap: number;
}

/** In the place of a giver's key, where all givers count together. */
const ALL_GIVERS = Buffer.alloc(32);

/**
 * Takes one from today's (UTC) budget, in one statement: however many ask at once, at most `cap` are let through.
 * @param sql a transaction; when it is rolled back nothing was taken
 * @returns false when nothing is left
 */
export async function countDaily(
  sql: Sql,
  { what, giverKey, recipientKey, cap }: DailyCap,
  now: Date,
): Promise<boolean> {
  const { rowCount } = await sql.query(
    `INSERT INTO daily_counts AS counted (giver_key, what, recipient_key, day, count)
     VALUES ($1, $2, $3, ($4::timestamptz AT TIME ZONE 'UTC')::date, 1)
     ON CONFLICT (giver_key, what, recipient_key, day) DO UPDATE SET count = counted.count + 1
       WHERE counted.count < $5
     RETURNING count`,
    [giverKey ?? ALL_GIVERS, what, recipientKey ?? Buffer.alloc(0), now, cap],
  );
  return rowCount === 1;
}
