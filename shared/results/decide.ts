/** The core of sync: what a sighting of a result's document changes, given what SQL knows. Pure. */
import type { Version } from "../platform/firestore/version.ts";

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

/** What the document turned out to be; `forbidden` when it belongs to an erased space. */
export type Finding = "absent" | "readable" | "unreadable" | "forbidden";

/**
 * What SQL is to do: `put` the resource, `hide` it because its document can't be read, `drop` it, or `seal` it, which also takes the
 * document away in Firestore. `known` is what SQL knows afterwards.
 */
export type Step =
  | { readonly action: "nothing" }
  | { readonly action: "put" | "hide" | "drop" | "seal"; readonly known: Known };

/**
 * - `event`: the newest version counts, an equal one changes nothing.
 * - `replay`: what had been put aside is read again at its own version, because the code or its surroundings changed.
 * - `mend`: the document was read while the result was locked, so it is right whatever SQL says.
 */
export type Mode = "event" | "replay" | "mend";

const STEPS = {
  absent: { action: "drop", state: "gone" },
  readable: { action: "put", state: "synced" },
  unreadable: { action: "hide", state: "quarantined" },
  forbidden: { action: "seal", state: "sealed" },
} as const;

/**
 * Whether a sighting can change anything; asked before its content is looked at. Versions only ever rise, so any order and any
 * repetition of sightings ends with the newest.
 */
export function isNews(known: Known | undefined, seen: Seen, mode: Mode = "event"): boolean {
  if (known === undefined) return true;
  if (mode === "mend") return true;
  if (known.state === "sealed") return seen.present;
  if (seen.version > known.version) return true;
  return mode === "replay" && seen.present && known.state === "quarantined" && seen.version === known.version;
}

/**
 * Whether a sighting must be made again while the result is locked, because its version alone can't be trusted to order it: an absence,
 * which drops rows and whose time is that of a read, and a document that is there although SQL believes that it went later. In
 * both cases either this read was overtaken, or the time of a read ran ahead of a write's (the emulator does that under load).
 */
export function needsCertainty(known: Known | undefined, seen: Seen): boolean {
  if (known?.state === "sealed") return false;
  if (!seen.present) return known?.state !== "gone" && isNews(known, seen);
  return known?.state === "gone" && seen.version <= known.version;
}

/** The step to take. A sealed result stays as it is; its document, should it come back, is taken away again. */
export function decide(
  known: Known | undefined,
  version: Version,
  finding: Finding,
  mode: Mode = "event",
): Step {
  if (!isNews(known, { present: finding !== "absent", version }, mode)) return { action: "nothing" };
  if (known?.state === "sealed") return { action: "seal", known };
  const { action, state } = STEPS[finding];
  return { action, known: { version, state } };
}
