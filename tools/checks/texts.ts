/** The project's own texts, and what of each is written for people: pages whole, code by its comments. */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../build/functions.ts";

export interface Text {
  /** Path from the root, with `/`. */
  readonly path: string;
  readonly text: string;
}

/** The repository's top folders; those of later work need not exist yet. */
export const TOP_FOLDERS = [
  "functions",
  "shared",
  "engine",
  "local",
  "tools",
  "tests",
  "docs",
  "bench",
  "console",
  "terraform",
];

/** Reads every TypeScript, SQL, Markdown, JSON, rules and Terraform file of the project, without what is generated or installed. */
export function readTexts(): Text[] {
  const patterns = [`{${TOP_FOLDERS.join(",")}}/**/*.{ts,sql,md,json,rules,tf,hcl}`, "*.{ts,md,json,rules}"];
  const paths = patterns
    .flatMap((pattern) => globSync(pattern, { cwd: ROOT }))
    .map((path) => path.replaceAll("\\", "/"))
    .filter((path) => path !== "package-lock.json" && !path.includes("node_modules/"));
  return [...new Set(paths)].sort().map((path) => ({ path, text: readFileSync(join(ROOT, path), "utf8") }));
}

/** What a file says to people: pages and JSON whole, of code the comments. Lines keep their numbers. */
export function proseOf({ path, text }: Text): string {
  if (/\.(md|json)$/.test(path)) return text;
  return linesOf(path, text)
    .map(({ comment }) => comment)
    .join("\n");
}

/** What a file says to the machine: code without its comments; of JSON everything, of pages nothing. Lines keep their numbers. */
export function codeOf({ path, text }: Text): string {
  if (path.endsWith(".json")) return text;
  if (path.endsWith(".md")) return "";
  return linesOf(path, text)
    .map(({ code }) => code)
    .join("\n");
}

/**
 * Parts each line into code and comment. A comment is found by its place, alone on the line or after code and a blank, which is how
 * the formatter leaves them; so a string that holds ` // ` counts as a comment, which no check here minds.
 */
function linesOf(path: string, text: string): { code: string; comment: string }[] {
  const mark = path.endsWith(".sql")
    ? /(?:^|\s)--(?:\s|$)/
    : /\.(?:tf|hcl)$/.test(path)
      ? /(?:^|\s)#(?:\s|$)/
      : /(?:^|\s)\/\/(?:\s|$)/;
  let inBlock = false;
  return text.split("\n").map((line) => {
    const start = inBlock ? 0 : line.search(/(?:^|\s)\/\*/);
    if (start < 0) {
      const at = line.search(mark);
      if (at < 0) return { code: line, comment: "" };
      return { code: line.slice(0, at), comment: line.slice(at).replace(/^\s*\S+\s?/, "") };
    }
    const end = line.indexOf("*/", start);
    inBlock = end < 0;
    const comment = line.slice(start, end < 0 ? undefined : end).replace(/^\s*\/?\*+\s?/, "");
    return { code: line.slice(0, start) + (end < 0 ? "" : line.slice(end + 2)), comment };
  });
}
