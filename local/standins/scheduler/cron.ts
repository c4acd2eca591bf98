/** Times of a schedule in unix-cron's form, as Cloud Scheduler takes it (https://docs.cloud.google.com/scheduler/docs/configuring/cron-job-schedules). */

const FIELDS = [
  { name: "minute", from: 0, to: 59 },
  { name: "hour", from: 0, to: 23 },
  { name: "day of month", from: 1, to: 31 },
  { name: "month", from: 1, to: 12 },
  { name: "day of week", from: 0, to: 7 },
] as const;

const MINUTE_MS = 60_000;
/** Schedules for the 29th of February are due within eight years; a later time is an impossible date. */
const MOST_MINUTES = 8 * 366 * 24 * 60;

/**
 * A schedule's times, in UTC. Fields are numbers, `*`, ranges, steps and lists of these; names of months and days are not taken.
 * @returns gives the first time after a moment
 * @throws for a text that isn't a schedule; the returned function for one that is never due
 */
export function cronTimes(text: string): (after: Date) => Date {
  const fields = text.trim().split(/\s+/);
  if (fields.length !== FIELDS.length) throw new Error(`expected five fields: ${text}`);
  const [minutes, hours, days, months, weekdays] = FIELDS.map((field, index) =>
    valuesOf(fields[index] ?? "", field),
  ) as [Set<number>, Set<number>, Set<number>, Set<number>, Set<number>]; // as many as FIELDS has
  if (weekdays.has(7)) weekdays.add(0);
  const [, , anyDay, , anyWeekday] = fields.map((field) => field.startsWith("*"));
  const isDay = (at: Date) => {
    const [day, weekday] = [days.has(at.getUTCDate()), weekdays.has(at.getUTCDay())];
    // With both given, either will do.
    return anyDay || anyWeekday ? day && weekday : day || weekday;
  };
  return (after) => {
    const first = Math.floor(after.getTime() / MINUTE_MS) + 1;
    for (let minute = first; minute < first + MOST_MINUTES; minute++) {
      const at = new Date(minute * MINUTE_MS);
      const fits = minutes.has(at.getUTCMinutes()) && hours.has(at.getUTCHours());
      if (fits && months.has(at.getUTCMonth() + 1) && isDay(at)) return at;
    }
    throw new Error(`never due: ${text}`);
  };
}

function valuesOf(text: string, { name, from, to }: (typeof FIELDS)[number]): Set<number> {
  const values = new Set<number>();
  for (const part of text.split(",")) {
    const match = /^(?:\*|(\d+)(?:-(\d+))?)(?:\/(\d+))?$/.exec(part);
    if (!match) throw new Error(`${name}: ${text}`);
    const [, first, last, step] = match.map((digits) => (digits === undefined ? undefined : Number(digits)));
    const start = first ?? from;
    const end = last ?? (first === undefined || step !== undefined ? to : first);
    if (start < from || end > to || start > end || step === 0) throw new Error(`${name}: ${text}`);
    for (let value = start; value <= end; value += step ?? 1) values.add(value);
  }
  return values;
}
