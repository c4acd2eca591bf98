/** Dates, sizes and spans of time in the language that is shown. */
import { shownLanguage, t } from "./text.ts";

/** A day and a time of day, in this browser's time zone. */
export function dateTime(iso: string): string {
  return new Intl.DateTimeFormat(shownLanguage(), { dateStyle: "medium", timeStyle: "short" }).format(
    new Date(iso),
  );
}

/** A day; a date without a time is that day in every time zone. */
export function day(iso: string): string {
  const zone = iso.length === 10 ? { timeZone: "UTC" } : {};
  return new Intl.DateTimeFormat(shownLanguage(), { dateStyle: "medium", ...zone }).format(new Date(iso));
}

/** A time of day. */
export function timeOfDay(iso: string): string {
  return new Intl.DateTimeFormat(shownLanguage(), { timeStyle: "short" }).format(new Date(iso));
}

const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte"] as const;

/** @param bytes at least 0 */
export function fileSize(bytes: number): string {
  const power = Math.min(UNITS.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  return new Intl.NumberFormat(shownLanguage(), {
    style: "unit",
    unit: UNITS[power] ?? "byte",
    unitDisplay: power === 0 ? "long" : "short",
    maximumFractionDigits: power > 1 ? 1 : 0,
  }).format(bytes / 1000 ** power);
}

/** A fraction from 0 to 1 as whole per cent; below the end it is never 100. */
export function percent(fraction: number): string {
  const whole = fraction >= 1 ? 1 : Math.min(0.99, Math.floor(fraction * 100) / 100);
  return new Intl.NumberFormat(shownLanguage(), { style: "percent" }).format(whole);
}

/** A span of time in the words one would say, such as "about 5 minutes". */
export function span(seconds: number): string {
  const { time } = t();
  if (seconds < 50) return time.seconds(Math.max(5, Math.round(seconds / 5) * 5));
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return time.minutes(Math.max(1, minutes));
  return time.hours(Math.round(minutes / 30) / 2);
}
