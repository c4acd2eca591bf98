/** Months as calendars show them. Days are written as in ISO 8601, without a time zone. */

export interface Month {
  readonly year: number;
  /** From 1. */
  readonly month: number;
}

/** The month of a day. */
export function monthOf(day: string): Month {
  const [year = 0, month = 1] = day.split("-").map(Number);
  return { year, month };
}

export function monthsLater({ year, month }: Month, count: number): Month {
  const months = year * 12 + month - 1 + count;
  return { year: Math.floor(months / 12), month: (months % 12) + 1 };
}

/** The weeks of a month, each from Sunday to Saturday; undefined where a day is of another month. */
export function weeksOf({ year, month }: Month): (string | undefined)[][] {
  const first = new Date(Date.UTC(year, month - 1, 1)).getUTCDay();
  const count = new Date(Date.UTC(year, month, 0)).getUTCDate();
  const cells = Array.from({ length: Math.ceil((first + count) / 7) * 7 }, (_, index) => {
    const day = index - first + 1;
    return day < 1 || day > count ? undefined : isoDay(year, month, day);
  });
  return Array.from({ length: cells.length / 7 }, (_, week) => cells.slice(week * 7, week * 7 + 7));
}

/** The day that it is at a moment in a time zone. */
export function dayIn(timeZone: string, now: Date): string {
  const parts = new Intl.DateTimeFormat("en", {
    timeZone,
    year: "numeric",
    month: "numeric",
    day: "numeric",
  });
  const value = (type: "year" | "month" | "day") =>
    Number(parts.formatToParts(now).find((part) => part.type === type)?.value);
  return isoDay(value("year"), value("month"), value("day"));
}

function isoDay(year: number, month: number, day: number): string {
  return `${String(year).padStart(4, "0")}-${String(month).padStart(2, "0")}-${String(day).padStart(2, "0")}`;
}
