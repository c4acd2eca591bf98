/** Imports every function's entry and says what it exports, as JSON. Run with `noConnections.ts` preloaded and an empty environment. */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { functionNames, ROOT } from "../build/functions.ts";

const found: Record<string, string[]> = {};
for (const name of functionNames) {
  const module: Record<string, unknown> = await import(
    pathToFileURL(join(ROOT, "functions", name, "index.ts")).href
  );
  found[name] = Object.entries(module).map(([key, value]) => `${typeof value} ${key}`);
}
// What an import left running keeps a timer, a socket or a worker here; standard streams are pipes.
const running = process.getActiveResourcesInfo().filter((kind) => kind !== "PipeWrap" && kind !== "TTYWrap");
process.stdout.write(JSON.stringify({ found, running }));
