import { foldCase } from "../platform/foldCase.ts";

/**
 * Names of result files. An engine chooses them; people, programs and Cloud Storage see them. An accepted name is an object's last
 * part, and survives URLs: object names hold neither CR nor LF (https://cloud.google.com/storage/docs/objects#naming).
 */

/** In code points, as Postgres' `length` counts. At 4 bytes each an object's whole name stays below Cloud Storage's 1,024. */
export const MAX_NAME_LENGTH = 120;

/** A rule and what it expects. */
export interface NameProblem {
  readonly rule: string;
  readonly message: string;
}

/** What is wrong with a name by itself; undefined when nothing is. */
export function problemOfName(name: string): NameProblem | undefined {
  const problem = (rule: string, message: string): NameProblem => ({ rule, message });
  if (name === "") return problem("empty", "a name is needed");
  if (!name.isWellFormed() || UNEXPECTED.test(name)) {
    return problem("unexpected_character", "a name has no control, invisible or bidirectional characters");
  }
  if (/[/\\]/.test(name) || name === "." || name === "..") {
    return problem("path", "expected a name without a path");
  }
  if (name !== name.normalize("NFC")) return problem("not_nfc", "expected Unicode's form NFC");
  return [...name].length > MAX_NAME_LENGTH
    ? problem("too_long", `at most ${MAX_NAME_LENGTH} characters (code points)`)
    : undefined;
}

/** Equal for names that differ only in case, or in joiners and selectors, which most fonts and languages don't show. */
export function foldedName(name: string): string {
  return foldCase(name.replace(/\u200c|\u200d|\ufe0f/g, "").normalize("NFC")).normalize("NFC");
}

/** A name for a message: what can't be seen or turns the text around is written as its number, and a long name is cut. */
export function shownName(name: string): string {
  const whole = [...name];
  const cut = whole.length > MAX_NAME_LENGTH ? [...whole.slice(0, MAX_NAME_LENGTH), "…"] : whole;
  return cut
    .map((character) =>
      character.isWellFormed() && !UNEXPECTED.test(character)
        ? character
        : `\\u{${character.codePointAt(0)?.toString(16)}}`,
    )
    .join("");
}

/**
 * Controls, line ends, noncharacters, and characters that can't be seen, which all that only steer how others are shown or turn the direction are
 * among. Excepted are the two joiners and the selector of emoji, without which some scripts and emoji can't be written; not at the beginning.
 */
const UNEXPECTED =
  /^(?:\u200c|\u200d|\ufe0f)|(?!\u200c|\u200d|\ufe0f)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Noncharacter_Code_Point}\p{Bidi_Control}\p{Default_Ignorable_Code_Point}]/u;
