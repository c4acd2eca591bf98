/**
 * How many bytes a space may upload: what it has asked for within the time that uploads are kept, pending and received together. Counted by
 * day, so that what expires leaves the count by itself: Firestore's TTL removes an upload without any call of ours, and no crash
 * can keep its bytes in the count. An upload that an open job keeps for longer isn't counted for longer.
 */
import { errors } from "../platform/errors.ts";

const DAY = 86_400_000;

/** Bytes by the day (UTC) on which they were asked for, such as `2026-03-01`. */
type Days = Readonly<Record<string, number>>;

interface BudgetRule {
  readonly bytesPerSpace: number;
  /** How long an upload is kept, and counts. */
  readonly retentionDays: number;
}

/** How many bytes a space may still ask for; 0 or less when there are none. */
export function bytesLeft(days: Days, now: Date, rule: BudgetRule): number {
  const counted = countedDays(days, now, rule);
  return rule.bytesPerSpace - counted.reduce((sum, [, bytes]) => sum + bytes, 0);
}

/**
 * Takes the bytes of one more upload.
 * @returns the days as they are then, without those that are over
 * @throws `upload_budget_spent` with what is left
 */
export function takeBytes(days: Days, size: number, now: Date, rule: BudgetRule): Days {
  const counted = countedDays(days, now, rule);
  let left = bytesLeft(days, now, rule);
  if (size <= left) {
    const today = dayOf(now.getTime());
    return { ...Object.fromEntries(counted), [today]: (days[today] ?? 0) + size };
  }
  const leftNow = Math.max(0, left);
  const enough = counted.find(([, bytes]) => {
    left += bytes;
    return size <= left;
  });
  const message = `at most ${leftNow} bytes are left of what this group may upload in ${rule.retentionDays} days`;
  throw errors.uploadBudgetSpent(message, {
    issues: [{ path: "size", message: `at most ${leftNow} bytes are left` }],
    // Not for an upload that is larger than the whole budget.
    ...(enough ? { retryAfterSeconds: secondsUntilOver(enough[0], now, rule.retentionDays) } : {}),
  });
}

function countedDays(days: Days, now: Date, { retentionDays }: BudgetRule): [day: string, bytes: number][] {
  const first = dayOf(now.getTime() - retentionDays * DAY);
  return Object.entries(days)
    .filter(([day]) => day >= first)
    .sort();
}

/** Gives back bytes of an upload: all of one that was rejected, or what one did not need. */
export function giveBytesBack(days: Days, size: number, createdAt: Date): Days {
  const day = dayOf(createdAt.getTime());
  const bytes = days[day];
  return bytes === undefined ? days : { ...days, [day]: Math.max(0, bytes - size) };
}

function dayOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}

/** When a day no longer counts: it is `first` until the end of the day that is so many days later. */
function secondsUntilOver(day: string, now: Date, retentionDays: number): number {
  return Math.ceil((Date.parse(`${day}T00:00:00Z`) + (retentionDays + 1) * DAY - now.getTime()) / 1000);
}
