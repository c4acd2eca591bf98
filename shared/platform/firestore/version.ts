/** Times to the microsecond, as text whose order is the order of time. A JavaScript Date would cut them to milliseconds. */
import type { Timestamp } from "@google-cloud/firestore";

/**
 * A version of a document: a Firestore time as ISO 8601 UTC with exactly six digits of a second, so that text order is time order
 * and Postgres' timestamptz holds it exactly.
 */
export type Version = string & { readonly __brand: "Version" };

/** Firestore counts in microseconds, though its type could hold nanoseconds; anything finer is cut. */
export function versionOf(time: Pick<Timestamp, "seconds" | "nanoseconds">): Version {
  const seconds = new Date(time.seconds * 1000).toISOString().slice(0, 19);
  const micros = String(Math.floor(time.nanoseconds / 1000)).padStart(6, "0");
  return `${seconds}.${micros}Z` as Version; // with `versionColumn`, the only place a Version is made
}

/** A Date in the same form; its microseconds are 0. */
export function microsecondsOf(time: Date): string {
  return time.toISOString().replace("Z", "000Z");
}

/**
 * SQL that reads a timestamptz column in the same form.
 * @param column its name, with its table's alias if the statement needs one; never from outside
 */
export function versionColumn(column: string): string {
  return `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;
}
