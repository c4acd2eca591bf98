/** Inputs that are JSON: what they must be, checked when the upload is judged, so before a job that has one may be leased. */
import { isUtf8 } from "node:buffer";
import { isOneOf, JSON_TYPE } from "../platform/media/mediaTypes.ts";
import { fileFormats, START_BYTES } from "./fileFormats.ts";
import { isJsonText } from "./jsonSyntax.ts";
import type { InputRule, JsonShape, Kind } from "./kind.ts";

/** JSON up to this size is parsed whole, which files of other types never are; of larger JSON the syntax is checked. */
export const MAX_JSON_INPUT_BYTES = 8 * 1024 * 1024;
/** Objects, arrays and what is in them: each takes some tens of bytes of memory, however short its text is. */
const MAX_VALUES = 2_000_000;
const MAX_DEPTH = 64;

/**
 * The rule for an input that is one object or array of JSON, in UTF-8.
 * @param rule.maxBytes at most `MAX_JSON_INPUT_BYTES`
 * @param rule.shape what it has to be beside that; anything unless given
 * @throws Error for a size that is too large to be read whole
 */
export function jsonInput({ maxBytes, shape }: { maxBytes: number; shape?: JsonShape }): InputRule {
  if (maxBytes > MAX_JSON_INPUT_BYTES) throw new Error(`JSON may have ${MAX_JSON_INPUT_BYTES} bytes at most`);
  return { contentTypes: [JSON_TYPE], maxBytes, ...(shape ? { shape } : {}) };
}

/** What JSON was found to be. */
export type JsonReading =
  | { readonly outcome: "read"; readonly shapes: readonly string[] }
  /** It is nested more deeply than is read. */
  | { readonly outcome: "too_large" }
  | { readonly outcome: "unreadable" };

/** The most bytes that JSON may have for any of these kinds; 0 when none takes JSON. */
export function largestJson(kinds: Iterable<Pick<Kind, "inputs">>): number {
  return Math.max(0, ...jsonRules(kinds).map(({ maxBytes }) => maxBytes));
}

/** Whether a file that begins like this may be an object or array of JSON. */
export function beginsLikeJson(start: Buffer): boolean {
  return fileFormats.json.beginsWell?.(start, false) ?? false;
}

/**
 * Reads a whole file as JSON, and names the shapes of these kinds that it has. Of what is too much to be parsed, only the syntax is
 * looked at; it has no shape. It never throws.
 */
export function readJson(bytes: Buffer, kinds: Iterable<Pick<Kind, "inputs">>): JsonReading {
  if (!isUtf8(bytes) || !beginsLikeJson(bytes.subarray(0, START_BYTES))) return { outcome: "unreadable" };
  const { values, depth } = countsOf(bytes);
  if (depth > MAX_DEPTH) return { outcome: "too_large" };
  if (values > MAX_VALUES || bytes.length > MAX_JSON_INPUT_BYTES) {
    return isJsonText(bytes) ? { outcome: "read", shapes: [] } : { outcome: "unreadable" };
  }
  let content: unknown;
  try {
    content = JSON.parse(bytes.toString("utf8"));
  } catch {
    return { outcome: "unreadable" };
  }
  const shapes = new Map(jsonRules(kinds).flatMap(({ shape }) => (shape ? [[shape.name, shape]] : [])));
  const had = [...shapes.values()].filter(({ schema }) => schema.safeParse(content).success);
  return { outcome: "read", shapes: had.map(({ name }) => name) };
}

function jsonRules(kinds: Iterable<Pick<Kind, "inputs">>): InputRule[] {
  const rules = [...kinds].flatMap(({ inputs }) => Object.values(inputs));
  return rules.filter(({ contentTypes }) => isOneOf(contentTypes, JSON_TYPE));
}

const [QUOTE, BACKSLASH, COMMA] = [0x22, 0x5c, 0x2c];
const OPENING: ReadonlySet<number> = new Set([0x5b, 0x7b]);
const CLOSING: ReadonlySet<number> = new Set([0x5d, 0x7d]);

/** How many values JSON has, and how deeply they are nested: seen from its brackets and commas, without parsing it. */
function countsOf(bytes: Buffer): { values: number; depth: number } {
  let [values, depth, deepest, inText] = [0, 0, 0, false];
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0;
    if (inText) {
      if (byte === BACKSLASH) at += 1;
      else if (byte === QUOTE) inText = false;
    } else if (byte === QUOTE) inText = true;
    else if (OPENING.has(byte)) {
      values += 1;
      depth += 1;
    } else if (CLOSING.has(byte)) depth -= 1;
    else if (byte === COMMA) values += 1;
    deepest = Math.max(deepest, depth);
  }
  return { values, depth: deepest };
}
