/** `npm run structure`: which file imports which, judged by the rules in `rooms.ts`. */
import { globSync } from "node:fs";
import {
  cruise,
  type ICruiseOptions,
  type ICruiseResult,
  type IForbiddenRuleType,
  type IViolation,
} from "dependency-cruiser";
import { ROOT } from "../build/functions.ts";
import { DOMAINS, FOLDERS, fileRules, roomRules } from "./rooms.ts";
import { teachUsing } from "./swcUsing.ts";

/** Rooms in which no two folders may import each other. */
const ROOMS = ["functions", "shared", "engine", "local", "tools", "console"];
const TEST = String.raw`\.test\.ts$`;

/**
 * What is wrong with the structure of the project in `root`, a line each: an arrow upwards, a circle of files or of folders, a function that
 * imports another, a file that is not imported, an import that leads nowhere, a domain without a place in the order, and files that
 * were not looked at.
 */
export async function structureProblems(root: string): Promise<string[]> {
  const files = await look(root, FOLDERS, { ruleSet: { forbidden: fileRules } });
  const rooms = await look(root, ROOMS, {
    ruleSet: { forbidden: roomRules },
    exclude: { path: ["node_modules", "^node:", TEST] },
  });
  return [
    ...unseen(root, files),
    ...domainsWithoutPlace(root),
    ...files.summary.violations.map((violation) => describe(violation, fileRules)),
    ...rooms.summary.violations.map((violation) => describe(violation, roomRules)),
  ];
}

async function look(
  root: string,
  folders: readonly string[],
  options: ICruiseOptions,
): Promise<ICruiseResult> {
  teachUsing();
  const { output } = await cruise(
    folders.filter((folder) => globSync(folder, { cwd: root }).length > 0),
    {
      baseDir: root,
      parser: "swc",
      validate: true,
      moduleSystems: ["es6"],
      // Imports of types count: a type ties two files together as much as a value does.
      tsPreCompilationDeps: true,
      exclude: { path: ["node_modules", "^node:"] },
      ...options,
    },
    // Its type asks for every option of the resolver; those that are left out have defaults.
    { extensions: [".ts", ".tsx", ".json"], bustTheCache: true } as Parameters<typeof cruise>[2],
  );
  if (typeof output === "string") throw new Error(`expected a result, not a report: ${output.slice(0, 200)}`);
  return output;
}

/** A parser that can't read TypeScript leaves files out without a word, and every rule holds for no files. */
function unseen(root: string, { modules }: ICruiseResult): string[] {
  const seen = new Set(modules.map(({ source }) => source));
  const there = FOLDERS.flatMap((folder) => globSync(`${folder}/**/*.{ts,tsx}`, { cwd: root }));
  return there
    .map((path) => path.replaceAll("\\", "/"))
    .filter((path) => !seen.has(path))
    .map((path) => `not-seen: ${path} was not looked at`);
}

function domainsWithoutPlace(root: string): string[] {
  const known = new Set<string>(["platform", "access", ...DOMAINS]);
  return globSync("shared/*/", { cwd: root })
    .map((path) => path.replace(/^shared[/\\]|[/\\]$/g, ""))
    .filter((name) => !known.has(name))
    .map((name) => `no-place: shared/${name} has no place in the domains' order (tools/checks/rooms.ts)`);
}

function describe({ rule, from, to, cycle }: IViolation, rules: readonly IForbiddenRuleType[]): string {
  const way = cycle ? [from, ...cycle.map(({ name }) => name)] : from === to ? [from] : [from, to];
  const why = rules.find(({ name }) => name === rule.name)?.comment;
  return `${rule.name}: ${way.join(" -> ")}${why ? ` (${why})` : ""}`;
}

if (import.meta.main) {
  const problems = await structureProblems(ROOT);
  for (const problem of problems) console.error(problem);
  process.exitCode = problems.length > 0 ? 1 : 0;
}
