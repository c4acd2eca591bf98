import { foldCase } from "../platform/foldCase.ts";

/**
 * A title's words in the form in which they are stored to be found, and in which a search looks for them. Both go through here, so a word is
 * found by its beginning in any case, with or without accents, and in any form of Unicode.
 */

/** A title of 200 letters has no more, except of characters that stand for several words. */
const MAX_TITLE_WORDS = 100;
/** More words than a person types. */
const MAX_SEARCHED_WORDS = 20;
/** In code points; a row of an index holds about 2,700 bytes. */
const MAX_WORD_LENGTH = 100;

/**
 * The different words of a title, in order. Text is decomposed, so that a Hangul syllable becomes its letters: what was typed of a syllable
 * so far finds it. Marks that belong to a script of their own, such as vowel signs, are no accents and stay. An emoji is a word by itself,
 * wherever it stands; other signs only separate.
 */
export function wordsOf(text: string): string[] {
  const folded = foldCase(text.toWellFormed().normalize("NFKD")).normalize("NFKD");
  const plain = folded.replace(ACCENTS, "").replace(STROKES, (letter) => WITHOUT_STROKE[letter] ?? letter);
  const cut = (plain.match(WORDS) ?? []).map((word) => [...word].slice(0, MAX_WORD_LENGTH).join(""));
  return [...new Set(cut)].slice(0, MAX_TITLE_WORDS);
}

/** The words that a search looks for; further ones are not looked for. */
export function searchedWordsOf(text: string): string[] {
  return wordsOf(text).slice(0, MAX_SEARCHED_WORDS);
}

/** Words that begin like this one are from `low` to before `high`, in the order of code points. */
export function beginningWith(word: string): { readonly low: string; readonly high: string } {
  return { low: word, high: `${word}\u{10FFFF}` };
}

/** Marks that any script may use; but not the two that make another letter of a Japanese one. */
const ACCENTS = /[[\p{M}&&\p{Script=Inherited}]--[\u3099\u309a]]/gv;
/** Accents that Unicode doesn't take apart from their letters. */
const WITHOUT_STROKE: Readonly<Record<string, string>> = { ł: "l", ø: "o", đ: "d", ħ: "h", ŧ: "t", ƶ: "z" };
const STROKES = new RegExp(`[${Object.keys(WITHOUT_STROKE).join("")}]`, "gu");
/** A flag, another emoji or picture, or letters and digits with what belongs to them. */
const WORDS = /\p{RI}{2}|[[\p{So}\p{Extended_Pictographic}]--\p{C}]|[^\p{P}\p{Z}\p{C}\p{S}]+/gv;
