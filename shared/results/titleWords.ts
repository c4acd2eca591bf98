/**
 * A title's words in the form in which they are stored to be found, and in which a search looks for them. Both go through here, so a word is
 * found by its beginning in any case, with or without accents, and in any form of Unicode.
 */

/** More words than a person types; a title's further words aren't searched either. */
const MAX_WORDS = 20;
/** In code points; a row of an index holds about 2,700 bytes. */
const MAX_WORD_LENGTH = 100;

/**
 * The different words of a text, in order. Text is decomposed, so that a Hangul syllable becomes its letters: what was typed of a syllable
 * so far finds it. Marks that belong to a script of their own, such as vowel signs, are no accents and stay.
 */
export function wordsOf(text: string): string[] {
  const folded = text.toWellFormed().normalize("NFKD").toUpperCase().toLowerCase().normalize("NFKD");
  const words = folded.replace(ACCENTS, "").split(BETWEEN_WORDS);
  const cut = words.map((word) => [...word].slice(0, MAX_WORD_LENGTH).join(""));
  return [...new Set(cut)].filter((word) => word !== "").slice(0, MAX_WORDS);
}

/** Words that begin like this one are from `low` to before `high`, in the order of code points. */
export function beginningWith(word: string): { readonly low: string; readonly high: string } {
  return { low: word, high: `${word}\u{10FFFF}` };
}

/** Marks that any script may use; but not the two that make another letter of a Japanese one. */
const ACCENTS = /[[\p{M}&&\p{Script=Inherited}]--[\u3099\u309a]]/gv;
const BETWEEN_WORDS = /[\p{P}\p{Z}\p{C}]+/u;
