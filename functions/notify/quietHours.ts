/** Quiet hours: a span of a person's day in which their phones stay silent. */
import * as Instant from "temporal-polyfill/fns/Instant";
import * as ZonedDateTime from "temporal-polyfill/fns/ZonedDateTime";

export interface QuietHours {
  /** An IANA name. */
  readonly timeZone: string;
  /** `HH:MM`; a span whose end is earlier than its start passes midnight. */
  readonly from: string;
  readonly to: string;
}

/**
 * When the quiet span that `now` lies in ends, or undefined when `now` lies in none. The start belongs to the span, the end doesn't.
 * The end is what the wall clock then shows. One that a change of clocks leaves out is as much later as the clock goes forward, and one
 * that comes twice is the first that is still to come. A zone that isn't known counts as UTC.
 */
export function quietUntil(now: Date, quiet: QuietHours): Date | undefined {
  const here = wallClock(now, quiet.timeZone);
  const [from, to, at] = [minutesOf(quiet.from), minutesOf(quiet.to), here.hour * 60 + here.minute];
  const inside = from < to ? from <= at && at < to : at >= from || at < to;
  if (!inside || from === to) return undefined;

  const day = ZonedDateTime.startOfMinute(at < to ? here : ZonedDateTime.addDays(here, 1));
  const time = { hour: Math.floor(to / 60), minute: to % 60 };
  const [first, second] = (["compatible", "later"] as const).map(
    (disambiguation) =>
      new Date(ZonedDateTime.withFields(day, time, { disambiguation, offset: "ignore" }).epochMilliseconds),
  );
  return first !== undefined && first > now ? first : second;
}

function wallClock(now: Date, timeZone: string): ZonedDateTime.Record {
  const instant = Instant.fromEpochMilliseconds(now.getTime());
  try {
    return Instant.toZonedDateTimeISO(instant, timeZone);
  } catch {
    return Instant.toZonedDateTimeISO(instant, "UTC");
  }
}

function minutesOf(time: string): number {
  const [hours, minutes] = time.split(":").map(Number);
  return (hours ?? 0) * 60 + (minutes ?? 0);
}
