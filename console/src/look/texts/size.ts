import { shownLanguage } from "../../i18n/text.ts";

/** A number of bytes as people say it. */
export function sizeOf(bytes: number): string {
  const [unit, divisor] = bytes < 1e6 ? (["kilobyte", 1e3] as const) : (["megabyte", 1e6] as const);
  return new Intl.NumberFormat(shownLanguage(), {
    style: "unit",
    unit,
    unitDisplay: "short",
    maximumFractionDigits: bytes < 1e7 && unit === "megabyte" ? 1 : 0,
  }).format(bytes / divisor);
}
