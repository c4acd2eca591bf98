/** The part of `firebase.json` that follows from the manifest: which path of the one origin leads to which function. */
import { readFileSync, writeFileSync } from "node:fs";
import { join, matchesGlob } from "node:path";
import { functions } from "#shared/manifest.ts";
import { ROOT } from "./functions.ts";
import { REGION } from "./region.ts";

export interface Rewrite {
  readonly source: string;
  readonly function: { readonly functionId: string; readonly region: string };
}

/** The function that answers for paths that no function has: its 404 is a problem document, Hosting's own would be a page. */
export const FALLBACK = { path: "/v1/**", function: "jobs" };

/** One rewrite for each path in the manifest, in its order; the first that fits counts. */
export function rewrites(): Rewrite[] {
  const pairs: [string, string][] = Object.entries(functions).flatMap(([name, { trigger }]) =>
    trigger.type === "http" ? trigger.paths.map((path): [string, string] => [path, name]) : [],
  );
  pairs.push([FALLBACK.path, FALLBACK.function]);
  return pairs.map(([source, functionId]) => ({ source, function: { functionId, region: REGION } }));
}

/** The function that the origin leads a path to, as Hosting decides it: by the first rewrite whose glob fits. */
export function rewriteFor(path: string): string | undefined {
  return rewrites().find(({ source }) => matchesGlob(path, source))?.function.functionId;
}

/** What the docs page may do: load its own files and call its own origin. Swagger UI has some icons in its styles (`data:`). */
const DOCS_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** The project's `firebase.json` as it should be. */
export function expectedFirebaseJson(): string {
  const content = {
    hosting: {
      public: "dist/public",
      cleanUrls: true,
      headers: [
        {
          source: "/docs",
          headers: [
            { key: "Content-Security-Policy", value: DOCS_POLICY },
            { key: "Referrer-Policy", value: "no-referrer" },
          ],
        },
        { source: "**", headers: [{ key: "X-Content-Type-Options", value: "nosniff" }] },
      ],
      rewrites: rewrites(),
    },
    firestore: { rules: "firestore.rules", indexes: "firestore.indexes.json" },
  };
  return `${JSON.stringify(content, null, 2)}\n`;
}

/** The project's `firebase.json` as it is. */
export function actualFirebaseJson(): string {
  return readFileSync(join(ROOT, "firebase.json"), "utf8");
}

if (import.meta.main) writeFileSync(join(ROOT, "firebase.json"), expectedFirebaseJson());
