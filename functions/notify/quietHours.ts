/** Quiet hours: a span of a person's day in which their phones stay silent. */

export interface QuietHours {
  /** An IANA name. */
  readonly timeZone: string;
  /** `HH:MM`; a span whose end is earlier than its start passes midnight. */
  readonly from: string;
  readonly to: string;
}

const DAY = 24 * 60;
const MINUTE_MS = 60_000;

/**
 * When the quiet span that `now` lies in ends, or undefined when `now` lies in none. The start belongs to the span, the end doesn't.
 * Where the clock is changed before the end, the end is what the wall clock then shows; an end that the change leaves out is the
 * first minute after it. A zone that isn't known counts as UTC.
 */
export function quietUntil(now: Date, quiet: QuietHours): Date | undefined {
  const clock = wallClock(quiet.timeZone);
  const [from, to, at] = [minutesOf(quiet.from), minutesOf(quiet.to), clock(now)];
  const inside = from < to ? from <= at && at < to : at >= from || at < to;
  if (!inside || from === to) return undefined;

  const startOfMinute = now.getTime() - (now.getTime() % MINUTE_MS);
  const left = (to - at + DAY) % DAY;
  const guess = new Date(startOfMinute + left * MINUTE_MS);
  // On a day with a change the wall clock shows something else at the guess; the difference, at most some hours, is the change.
  const off = ((to - clock(guess) + DAY + DAY / 2) % DAY) - DAY / 2;
  if (off === 0) return guess;
  const corrected = new Date(guess.getTime() + off * MINUTE_MS);
  return corrected > now && clock(corrected) === to ? corrected : guess;
}

/** Minutes since midnight on the wall clock of a zone. */
function wallClock(timeZone: string): (at: Date) => number {
  const format = formatOf(timeZone);
  return (at) => minutesOf(format.format(at));
}

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const options = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" } as const;
  try {
    return new Intl.DateTimeFormat("en-GB", { ...options, timeZone });
  } catch {
    return new Intl.DateTimeFormat("en-GB", { ...options, timeZone: "UTC" });
  }
}

function minutesOf(time: string): number {
  const [hours, minutes] = time.split(":").map(Number);
  return (hours ?? 0) * 60 + (minutes ?? 0);
}
