/** Bundles that are made once for each state of the sources, since making them all takes nine seconds of CPU time. */
import { createHash, randomUUID } from "node:crypto";
import { existsSync, globSync, readdirSync, readFileSync, statSync, utimesSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { buildFunctions, ROOT } from "./functions.ts";

const CACHE = join(ROOT, "node_modules/.cache/reverie/bundles");
/** All that a bundle is made of: the sources, the packages, and how it is made. */
const MADE_OF = [
  "{functions,shared}/**/*.{ts,json}",
  "tools/build/*.ts",
  "package-lock.json",
  "package.json",
];
/** Other states are kept for a while: a local cloud may run on them. */
const KEPT_DAYS = 7;

/**
 * Makes the bundles of all functions unless they are there for these very sources.
 * @returns the folder with `<name>/index.js`, which nothing may change
 */
export async function cachedBundles(): Promise<string> {
  const folder = join(CACHE, stateOfSources());
  if (existsSync(folder)) {
    utimesSync(folder, new Date(), new Date());
    return folder;
  }
  await removeOldStates();
  // Whole or not there at all, also when two make it at once: the second finds the first's.
  const making = join(CACHE, `${randomUUID()}.making`);
  await mkdir(making, { recursive: true });
  try {
    await buildFunctions(making);
    await rename(making, folder).catch((error: unknown) => {
      if (!existsSync(folder)) throw error;
    });
  } finally {
    await rm(making, { recursive: true, force: true });
  }
  return folder;
}

function stateOfSources(): string {
  const hash = createHash("sha256");
  const paths = MADE_OF.flatMap((glob) => globSync(glob, { cwd: ROOT })).filter(
    (path) => !path.endsWith(".test.ts"),
  );
  for (const path of paths.sort()) hash.update(`${path}\0`).update(readFileSync(join(ROOT, path)));
  return hash.digest("hex").slice(0, 32);
}

async function removeOldStates(): Promise<void> {
  if (!existsSync(CACHE)) return;
  const oldest = Date.now() - KEPT_DAYS * 86_400_000;
  for (const name of readdirSync(CACHE)) {
    const path = join(CACHE, name);
    if ((statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? oldest) < oldest)
      await rm(path, { recursive: true, force: true });
  }
}
