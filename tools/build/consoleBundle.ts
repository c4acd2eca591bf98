/** Builds the console, the web app at `/` of the one origin. */

import { createHash, randomUUID } from "node:crypto";
import { existsSync, globSync, readdirSync, readFileSync, statSync } from "node:fs";
import { cp, mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { CONSOLE_ASSETS } from "./consoleConfig.ts";
import { ROOT } from "./functions.ts";

const CACHE = join(ROOT, "node_modules/.cache/reverie/console");
/** Ends the name of a folder that is being filled. */
const MAKING = ".making";
/** All that the console's files are made of. */
const MADE_OF = ["console/**/*", "tools/build/consoleBundle.ts", "package-lock.json"];
/** Writes `index.html` and what it loads into a folder; they are built once for each state of the sources. */
export async function writeConsole(dir: string): Promise<void> {
  const built = await cachedConsole();
  // The list of parts is for tests.
  await cp(built, dir, { recursive: true, filter: (path) => !path.startsWith(join(built, ".vite")) });
}

/** @returns the folder with the built console, which nothing may change */
export async function cachedConsole(): Promise<string> {
  const folder = join(CACHE, stateOfSources());
  if (existsSync(folder)) return folder;
  // Whole or not there at all, also when two make it at once: the second finds the first's.
  await mkdir(CACHE, { recursive: true });
  const earlier = readdirSync(CACHE).filter((name) => !name.endsWith(MAKING));
  const making = join(CACHE, `${randomUUID()}${MAKING}`);
  await mkdir(making);
  try {
    await buildConsole(making);
    await rename(making, folder).catch((error: unknown) => {
      if (!existsSync(folder)) throw error;
    });
  } finally {
    await rm(making, { recursive: true, force: true });
  }
  for (const name of earlier) await rm(join(CACHE, name), { recursive: true, force: true });
  return folder;
}

async function buildConsole(outDir: string): Promise<void> {
  const { build, createLogger } = await import("vite"); // takes half a second to load
  const logger = createLogger("warn");
  const { warn } = logger;
  logger.warn = (message, options) => {
    // libheif asks for modules of Node only where it runs in Node.
    if (!message.includes("externalized for browser compatibility")) warn(message, options);
  };
  await build({
    configFile: false,
    root: join(ROOT, "console"),
    logLevel: "warn",
    customLogger: logger,
    oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
    worker: { format: "es" },
    build: {
      outDir,
      emptyOutDir: true,
      assetsDir: CONSOLE_ASSETS,
      target: "es2022",
      // The Content Security Policy allows no `data:` in fonts and scripts.
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      reportCompressedSize: false,
      sourcemap: false,
      manifest: true,
      chunkSizeWarningLimit: 2000,
    },
  });
}

function stateOfSources(): string {
  const hash = createHash("sha256");
  const paths = MADE_OF.flatMap((glob) => globSync(glob, { cwd: ROOT })).filter(
    (path) => !path.endsWith(".test.ts") && statSync(join(ROOT, path)).isFile(),
  );
  for (const path of paths.sort()) hash.update(`${path}\0`).update(readFileSync(join(ROOT, path)));
  return hash.digest("hex").slice(0, 32);
}
