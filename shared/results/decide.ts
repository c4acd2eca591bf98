import type { Version } from "./version.ts";

/** What SQL knows of a result: the last version it has seen, and what it made of it. */
export interface Known {
  readonly version: Version;
  readonly state: "synced" | "gone" | "quarantined" | "sealed";
}

/** What was seen in Firestore at one moment: a document with its update time, or none, with the time it was read. */
export interface Seen {
  readonly present: boolean;
  readonly version: Version;
}

/**
 * - `apply`: bring SQL to what was seen.
 * - `nothing`: SQL is there already, or further.
 * - `remove`: it was deleted on purpose, yet here it is: take it away in Firestore.
 */
export type Decision = "apply" | "nothing" | "remove";

/**
 * Whether what was seen changes what SQL knows. Versions only ever rise, so any order and any repetition of sightings ends with the
 * newest; an equal version changes nothing, except for a replay of what had been put aside.
 * @param replay whether a quarantined document of the same version is to be read again
 */
export function decide(known: Known | undefined, seen: Seen, replay = false): Decision {
  if (known?.state === "sealed") return seen.present ? "remove" : "nothing";
  if (known === undefined) return "apply";
  if (seen.version > known.version) return "apply";
  const again = replay && seen.present && known.state === "quarantined" && seen.version === known.version;
  return again ? "apply" : "nothing";
}
