/** Days as a person lives them: calendar dates in their own time zone. Dates are `YYYY-MM-DD`. */
import * as Instant from "temporal-polyfill/fns/Instant";
import * as PlainDate from "temporal-polyfill/fns/PlainDate";
import * as ZonedDateTime from "temporal-polyfill/fns/ZonedDateTime";

/** Areas of IANA's time zone database, those of its links included: `Area/Location`. */
const IN_AN_AREA =
  /^(Africa|America|Antarctica|Arctic|Asia|Atlantic|Australia|Brazil|Canada|Chile|Etc|Europe|Indian|Mexico|Pacific|US)(\/[A-Z][\w+-]*){1,2}$/;
/** Its names of one word, without abbreviations such as `EST`: an abbreviation is no place, and several places claim it. */
const ONE_WORD = new Set(
  (
    "UTC GMT Cuba Egypt Eire GB Hongkong Iceland Iran Israel Jamaica Japan Kwajalein Libya NZ NZ-CHAT Navajo Poland Portugal PRC ROC ROK " +
    "Singapore Turkey W-SU"
  ).split(" "),
);

/**
 * Whether `zone` is a name of IANA's time zone database that this runtime knows. ICU takes more: abbreviations (`CST`), names in any
 * case, and offsets such as `+09:00`, which have no daylight saving.
 */
export function isTimeZone(zone: string): boolean {
  if (!IN_AN_AREA.test(zone) && !ONE_WORD.has(zone)) return false;
  try {
    new Intl.DateTimeFormat("en", { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}

/** The calendar date at `instant` in `zone`. */
export function localDate(instant: Date, zone: string): string {
  const here = Instant.toZonedDateTimeISO(Instant.fromEpochMilliseconds(instant.getTime()), zone);
  return PlainDate.toString(ZonedDateTime.toPlainDate(here));
}
