/**
 * `npm run starts` prints how much code each function loads when it starts; `npm run starts -- NAME` what one function's is made of;
 * `npm run starts -- --write` makes what is loaded now the budget (budgets.json).
 */
import { writeFileSync } from "node:fs";
import { functionNames } from "#tools/build/functions.ts";
import { loadedAtStart, type Start } from "./start.ts";

const given = process.argv.slice(2);
const kib = (bytes: number) => `${(bytes / 1024).toFixed(1).padStart(8)} KiB`;
const named = functionNames.filter((name) => given.includes(name));

const starts: Record<string, Start> = {};
for (const name of named.length > 0 ? named : functionNames) {
  const { start, sources } = await loadedAtStart(name);
  starts[name] = start;
  console.log(`${kib(start.bytes)} in ${start.files} files  ${name}`);
  if (named.length > 0)
    for (const [source, bytes] of [...sources].sort(([, a], [, b]) => b - a))
      console.log(`${kib(bytes)}  ${source}`);
}
if (given.includes("--write"))
  writeFileSync(new URL("budgets.json", import.meta.url), `${JSON.stringify(starts, null, 2)}\n`);
