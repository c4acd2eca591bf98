/** The three tiers of tests, known by where a test file is. */
import { globSync, statSync } from "node:fs";
import { join, matchesGlob } from "node:path";
import { ROOT } from "#tools/build/functions.ts";

/**
 * - `unit`: beside the code; starts no process and needs none.
 * - `integration`: real emulators, PostgreSQL, stand-ins that listen, converters in processes of their own.
 * - `acceptance`: a running cloud that is known by its addresses only.
 */
export const TIERS = ["unit", "integration", "acceptance"] as const;
export type Tier = (typeof TIERS)[number];

const FOLDERS = ["shared", "functions", "engine", "tools", "local", "tests", "console"];

/**
 * Beside the code, and yet no unit tests: they start processes, listen and wait as a network makes one wait, or take many seconds, which
 * a tier that is run after each change can't have.
 */
const INTEGRATION = [
  "tests/integration/**",
  // The local cloud consists of servers and processes.
  "local/**",
  "engine/kit/{engine,example,transfer,workUntilNoneWaits}.test.ts",
  // Unit tests share a process, in which other tests have changed how the functions framework reads a body.
  "functions/sync/jobIdOf.test.ts",
  // Native decoders, in processes of their own for whole conversions.
  "engine/reference/**",
  // They read the whole repository, and some make bundles.
  "tools/**",
  // A hundred thousand histories of the queue.
  "shared/queue/histories.test.ts",
];

/** @param path from the project's root, with `/` */
export function tierOf(path: string): Tier {
  if (path.startsWith("tests/acceptance/")) return "acceptance";
  return INTEGRATION.some((glob) => matchesGlob(path, glob)) ? "integration" : "unit";
}

/** The test files of a tier, in these folders or of these names; in all folders when none are given. */
export function testFiles(tier: Tier, places: readonly string[]): string[] {
  const files = (places.length === 0 ? FOLDERS : places).flatMap((place) =>
    statSync(join(ROOT, place), { throwIfNoEntry: false })?.isDirectory()
      ? globSync(`${place}/**/*.test.ts`, { cwd: ROOT })
      : globSync(place, { cwd: ROOT }),
  );
  const paths = files.map((file) => file.replaceAll("\\", "/").replace(/^\.\//, ""));
  return [...new Set(paths)].sort().filter((path) => tierOf(path) === tier);
}
