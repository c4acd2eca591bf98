/** The project's source files and what they import, for checks of its layering. */
import { globSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { ROOT } from "../build/functions.ts";

export interface Source {
  /** Path from the root, with `/`. */
  readonly path: string;
  readonly text: string;
  /** Files of this project that it imports, as paths from the root; packages are left out. */
  readonly imports: readonly string[];
}

const FOLDERS = ["functions", "shared", "engine", "local", "tools", "tests", "bench"];
const IMPORT =
  /(?:^|\n)\s*(?:import|export)\b[^;'"]*?\bfrom\s*["']([^"']+)["']|\bimport\s*\(?\s*["']([^"']+)["']/g;

/** Reads all TypeScript files. */
export function readSources(): Source[] {
  const paths = FOLDERS.flatMap((folder) => globSync(`${folder}/**/*.ts`, { cwd: ROOT })).map((path) =>
    path.replaceAll("\\", "/"),
  );
  return paths.sort().map((path) => {
    const text = readFileSync(join(ROOT, path), "utf8");
    return { path, text, imports: importsOf(path, text) };
  });
}

/** The project's own files among what a source text imports. */
export function importsOf(path: string, text: string): string[] {
  return [...text.matchAll(IMPORT)]
    .map((match) => match[1] ?? match[2] ?? "")
    .flatMap((specifier) => {
      if (specifier.startsWith("#")) return [specifier.slice(1)];
      if (specifier.startsWith(".")) return [posix.join(posix.dirname(path), specifier)];
      return [];
    });
}

export function isTest(path: string): boolean {
  return path.endsWith(".test.ts");
}
