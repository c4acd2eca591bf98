/** The part of `firebase.json` that follows from the manifest: which path of the one origin leads to which function. */
import { readFileSync, writeFileSync } from "node:fs";
import { join, matchesGlob } from "node:path";
import { routes } from "#console/nav/routes.ts";
import { functions } from "#shared/manifest.ts";
import { type Called, CONSOLE_ASSETS, consoleHeaders, STORAGE_ORIGIN } from "./consoleConfig.ts";
import { ROOT } from "./functions.ts";
import { REGION } from "./region.ts";

interface FunctionRewrite {
  readonly source: string;
  readonly function: { readonly functionId: string; readonly region: string };
}

/** The function that answers for paths that no function has: its 404 is a problem document, Hosting's own would be a page. */
export const FALLBACK = { path: "/v1/**", function: "jobs" };

/** One rewrite for each path in the manifest, in its order; the first that fits counts. */
function rewrites(): FunctionRewrite[] {
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

/** The paths of the console's pages, as globs, each page in one of them. */
function consolePages(): string[] {
  const globs = Object.values(routes).map((path) => path.replaceAll(/:\w+/g, "*"));
  return globs.filter((glob) => !globs.some((other) => other !== glob && matchesGlob(glob, other)));
}

/** All pages are the file of `/`. */
function pageRewrites() {
  return consolePages()
    .filter((source) => source !== "/")
    .map((source) => ({ source, destination: "/index.html" }));
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

/**
 * How the one origin serves its files and leads to the functions.
 * @param called where the console's pages may call beside the origin itself
 */
export function hostingConfig(called: Called) {
  return {
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
      ...consolePages().map((source) => ({ source, headers: consoleHeaders(called) })),
      { source: "/config.json", headers: [{ key: "Cache-Control", value: "no-cache" }] },
      {
        source: `/${CONSOLE_ASSETS}/**`,
        headers: [{ key: "Cache-Control", value: "public, max-age=31536000, immutable" }],
      },
      { source: "**", headers: [{ key: "X-Content-Type-Options", value: "nosniff" }] },
    ],
    rewrites: [...rewrites(), ...pageRewrites()],
  };
}

/**
 * The project's `firebase.json` as it should be. The address of event streams is known only once the functions are deployed;
 * `npm run hosting` writes it into the copy that is deployed.
 */
export function expectedFirebaseJson(): string {
  const content = {
    hosting: hostingConfig({ eventsOrigin: undefined, storageOrigin: STORAGE_ORIGIN, emulators: null }),
    firestore: { rules: "firestore.rules", indexes: "firestore.indexes.json" },
  };
  return `${JSON.stringify(content, null, 2)}\n`;
}

/** The project's `firebase.json` as it is. */
export function actualFirebaseJson(): string {
  return readFileSync(join(ROOT, "firebase.json"), "utf8");
}

if (import.meta.main) writeFileSync(join(ROOT, "firebase.json"), expectedFirebaseJson());
