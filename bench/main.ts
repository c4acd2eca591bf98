/**
 * `npm run bench` runs every measure and writes `results.json`, `README.md`'s tables and the charts; `npm run bench -- NAME` runs one.
 *
 *   --only TEXT       of a measure's cases those whose name holds it; writes nothing
 *   --rounds N        how often each is measured
 *   --bundles DIR     built functions, instead of building them: to compare two states
 *   --port-base N     the first of the ports
 */
import { parseArgs } from "node:util";
import { lazy } from "#shared/platform/lazy.ts";
import { answerTiming } from "./measures/answerTiming.ts";
import { coldStart } from "./measures/coldStart.ts";
import { estimates } from "./measures/estimates.ts";
import { localCloud } from "./measures/localCloud.ts";
import type { Measure } from "./measures/measure.ts";
import { memory } from "./measures/memory.ts";
import { operations } from "./measures/operations.ts";
import { queue } from "./measures/queue.ts";
import { sessionAnalysis } from "./measures/sessionAnalysis.ts";
import { sync } from "./measures/sync.ts";
import { warm } from "./measures/warm.ts";
import { printed, writeReport } from "./report.ts";
import { openWorld } from "./world/world.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: "string" },
    rounds: { type: "string" },
    bundles: { type: "string" },
    "port-base": { type: "string", default: "19300" },
  },
});
const rounds = values.rounds === undefined ? undefined : Number(values.rounds);
const measures: readonly Measure[] = [
  coldStart(rounds ?? 9, values.only),
  warm(rounds ?? 5, 2_000, values.only),
  sync(rounds ?? 5, values.only),
  queue(rounds ?? 5, values.only),
  estimates(values.only),
  operations(),
  memory(values.only),
  sessionAnalysis(rounds ?? 3),
  localCloud(rounds ?? 3),
  answerTiming(rounds ?? 100),
];
const chosen =
  positionals.length === 0 ? measures : measures.filter(({ name }) => positionals.includes(name));
if (chosen.length < positionals.length)
  throw new Error(
    `there is ${measures.map(({ name }) => name).join(", ")}; asked for ${positionals.join(", ")}`,
  );

const world = lazy(() => openWorld(Number(values["port-base"]), values.bundles));
let isOpen = false;
try {
  for (const measure of chosen) {
    if ("run" in measure) isOpen = true;
    const measured = "run" in measure ? await measure.run(await world()) : await measure.runAlone();
    console.log(printed(measured));
    if (values.only === undefined && values.bundles === undefined) writeReport(measure.name, measured);
  }
} finally {
  if (isOpen) await (await world()).close();
}
process.exit();
