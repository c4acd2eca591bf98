/** The core of `sync`: what an observation of a result's document changes, given what SQL knows. Pure. */
import type { Version } from "../platform/firestore/version.ts";
import type { AbsentDocument, Observation, ReadableDocument, UnreadableDocument } from "./observation.ts";

/** What SQL knows of a result: the last version that it has seen, and what became of that version. */
export interface Known {
  readonly version: Version;
  readonly state: "synced" | "gone" | "quarantined" | "erased";
}

/** A document that may not be there, because its space was erased. */
export interface ForbiddenDocument {
  readonly finding: "forbidden";
  readonly version: Version;
  readonly data: Record<string, unknown>;
}

/** An observation, together with what SQL says of the space that the document names. */
export type Judgement = Observation | ForbiddenDocument;

/** What of a judgement orders it: what was found, and its version. */
export type Found = Pick<Judgement, "finding" | "version">;

/**
 * What SQL is to do, with what it needs to do it; `known` is what SQL knows afterwards.
 * - `put`: the resource becomes what the document says.
 * - `hide`: the resource isn't shown, because its document can't be read.
 * - `drop`: the resource goes with its document.
 * - `erase`: the resource goes for good, and the document is deleted in Firestore.
 */
export type Step =
  | { readonly action: "nothing" }
  | { readonly action: "put"; readonly known: Known; readonly document: ReadableDocument }
  | { readonly action: "hide"; readonly known: Known; readonly document: UnreadableDocument }
  | { readonly action: "drop"; readonly known: Known; readonly document: AbsentDocument }
  | { readonly action: "erase"; readonly known: Known; readonly document: Judgement };

/**
 * - `event`: the newest version counts, an equal one changes nothing.
 * - `replay`: a quarantined document is read again at its own version, because the code or its surroundings changed.
 * - `mend`: SQL has written nothing since before the document was read, so it is right, even if SQL says something else.
 */
export type Mode = "event" | "replay" | "mend";

/**
 * Whether an observation can change anything; asked before its content is looked at. Versions only rise, so any order and any
 * repetition of observations ends with the newest.
 */
export function canChange(known: Known | undefined, found: Found, mode: Mode = "event"): boolean {
  if (known === undefined || mode === "mend") return true;
  const present = found.finding !== "absent";
  if (known.state === "erased") return present;
  if (found.version > known.version) return true;
  return mode === "replay" && present && known.state === "quarantined" && found.version === known.version;
}

/**
 * Whether an observation only counts while SQL has written nothing since before it (`applySeen.ts`), because its version alone can't order it: an
 * absence, which drops rows and whose time is that of a read, and a document that is there although SQL believes that it went later.
 * In both cases either this read was overtaken, or the time of a read ran ahead of a write's (the emulator does that under load).
 */
export function needsCertainty(known: Known | undefined, found: Found): boolean {
  if (known?.state === "erased") return false;
  if (found.finding === "absent") return known?.state !== "gone" && canChange(known, found);
  return known?.state === "gone" && found.version <= known.version;
}

/** The step to take. An erased result stays as it is; its document, should it come back, is deleted again. */
export function decide(known: Known | undefined, document: Judgement, mode: Mode = "event"): Step {
  if (!canChange(known, document, mode)) return { action: "nothing" };
  if (known?.state === "erased") return { action: "erase", known, document };
  const { version } = document;
  switch (document.finding) {
    case "absent":
      return { action: "drop", known: { version, state: "gone" }, document };
    case "readable":
      return { action: "put", known: { version, state: "synced" }, document };
    case "unreadable":
      return { action: "hide", known: { version, state: "quarantined" }, document };
    case "forbidden":
      return { action: "erase", known: { version, state: "erased" }, document };
  }
}
