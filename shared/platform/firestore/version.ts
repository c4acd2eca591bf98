import type { Timestamp } from "@google-cloud/firestore";

/**
 * A version of a document: a Firestore time as ISO 8601 UTC with exactly six digits of a second, so that text order is time order
 * and Postgres' timestamptz holds it exactly. A JavaScript Date would cut the microseconds.
 */
export type Version = string & { readonly __brand: "Version" };

/** Firestore counts in microseconds, though its type could hold nanoseconds; anything finer is cut. */
export function versionOf(time: Pick<Timestamp, "seconds" | "nanoseconds">): Version {
  const seconds = new Date(time.seconds * 1000).toISOString().slice(0, 19);
  const micros = String(Math.floor(time.nanoseconds / 1000)).padStart(6, "0");
  return `${seconds}.${micros}Z` as Version; // the only place a Version is made
}
