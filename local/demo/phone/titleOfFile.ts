import { basename, extname } from "node:path";

/** In UTF-16 units, as JavaScript and the gateway count; the gateway takes more. */
const LONGEST = 100;

/**
 * What a memory is called at first: the file's name without its ending, cut between characters as people see them, so that no emoji or
 * accent is left in half. `otherwise` when there is nothing in the name that can be seen.
 */
export function titleOfFile(path: string, otherwise: string): string {
  const name = basename(path, extname(path))
    .toWellFormed()
    // Some systems store accents and Korean syllables in parts.
    .normalize("NFC")
    .replaceAll(/\p{Cc}/gu, " ")
    .trim();
  const title = cut(name, LONGEST).trim();
  return VISIBLE.test(title) ? title : otherwise;
}

/** Anything but control and format characters, blanks, and marks that need a letter. */
const VISIBLE = /[^\p{C}\p{Z}\p{M}]/u;

/** As many whole graphemes (Unicode Standard Annex 29) of `text` as fit into `longest` units. */
function cut(text: string, longest: number): string {
  let kept = 0;
  for (const { index, segment } of new Intl.Segmenter().segment(text)) {
    if (index + segment.length > longest) break;
    kept = index + segment.length;
  }
  return text.slice(0, kept);
}
