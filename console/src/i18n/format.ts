/** Dates, sizes and spans of time in the language that is shown. */
import { shownLanguage } from "./text.ts";

/** A day and a time of day, in this browser's time zone. */
export function dateTime(iso: string): string {
  return new Intl.DateTimeFormat(shownLanguage(), { dateStyle: "medium", timeStyle: "short" }).format(
    new Date(iso),
  );
}

export function day(iso: string): string {
  return new Intl.DateTimeFormat(shownLanguage(), { dateStyle: "long" }).format(new Date(iso));
}

/** A time of day. */
export function timeOfDay(iso: string): string {
  return new Intl.DateTimeFormat(shownLanguage(), { timeStyle: "short" }).format(new Date(iso));
}
