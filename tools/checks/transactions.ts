/**
 * What is called inside a SQL transaction, read from the text: the callback of each `transaction(`, and the functions of its own file that
 * it names. A call to anything but SQL there would hold a connection and locks until it is answered.
 */
import type { Source } from "./edges.ts";

/** How deployed code reaches what isn't SQL. */
const OUTSIDE =
  /\b(?:firestore|objects|resources|uploads|signer|mailer|firebase|tasks|publisher|bell|sender)\b(?=\s*[.(,})])|\b(?:fetch|publish|observe|enterQuarantine|leaveQuarantine|mirrorMember|finishRemoval)\(/;

/** Calls from inside a transaction to what isn't SQL, a sentence each. */
export function transactionProblems(sources: readonly Source[]): string[] {
  return sources.flatMap(({ path, text }) =>
    callbacksIn(text).flatMap((callback) => {
      const inside = withCalledFunctions(callback, text);
      const found = OUTSIDE.exec(withoutTexts(inside))?.[0];
      return found === undefined
        ? []
        : [`${path} names ${found.trim()} inside a SQL transaction: read before it, act after it`];
    }),
  );
}

/** The text between the parentheses of each transaction of a database; Firestore's own are `runTransaction`. */
export function callbacksIn(text: string): string[] {
  return [...text.matchAll(/\.transaction\(/g)].map(({ index, 0: { length } }) =>
    balanced(text, index + length - 1, "(", ")"),
  );
}

/** A text and, in turn, the functions of this file that it calls. */
function withCalledFunctions(callback: string, file: string): string {
  const taken = new Map<string, string>();
  const todo = [callback];
  for (let part = todo.pop(); part !== undefined; part = todo.pop()) {
    for (const [, name = ""] of part.matchAll(/\b(\w+)\(/g)) {
      if (taken.has(name)) continue;
      const start = new RegExp(`\\bfunction ${name}\\b`).exec(file)?.index;
      const body = start === undefined ? "" : balanced(file, file.indexOf(") ", start), "{", "}");
      taken.set(name, body);
      todo.push(body);
    }
  }
  return [callback, ...taken.values()].join("\n");
}

/** From the first `opening` after `from` to the `closing` that belongs to it. */
function balanced(text: string, from: number, opening: string, closing: string): string {
  const start = text.indexOf(opening, from);
  if (start === -1) return "";
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    if (text[at] === opening) depth += 1;
    else if (text[at] === closing && --depth === 0) return text.slice(start, at + 1);
  }
  return text.slice(start);
}

/** SQL and comments name tables such as `resources`. */
function withoutTexts(text: string): string {
  return text
    .replace(/\/\*[\s\S]*?\*\/|(?<!:)\/\/.*$/gm, "")
    .replace(/`(?:[^`\\]|\\.)*`|"(?:[^"\\\n]|\\.)*"/g, '""');
}
