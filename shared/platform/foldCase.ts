/**
 * The same text for all that differ only in case. Lower case first, since `ẞ` has no other upper case; then upper case, since it is what `ß` and `ss`
 * have in common; and one form of the small sigma, which depends on its neighbours. It holds a little more for equal than Unicode's case folding
 * does (the dotless i).
 */
export function foldCase(text: string): string {
  return text.toLowerCase().toUpperCase().toLowerCase().replaceAll("ς", "σ");
}
