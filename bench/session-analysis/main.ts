/**
 * What the largest session costs: 3.6 million samples, an hour at 1,000 a second. Time as a multiple of what `JSON.parse` takes for the
 * same file, and the process's memory at its peak.
 *
 * `node bench/session-analysis/main.ts`
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { analyseSession } from "#engine/session/analyse.ts";
import { recording } from "#engine/session/recording.ts";
import { parseSamples } from "#engine/session/samples.ts";

const [doing, path] = process.argv.slice(2);
if (path === undefined) measureAll();
else if (doing === "make") make(path);
else if (doing === "parse") report("JSON.parse", () => JSON.parse(readFileSync(path, "utf8")));
else report("parse and analyse", () => analyseSession(parseSamples(readFileSync(path, "utf8"))));

/** A process each, so that each has its own peak. */
function measureAll(): void {
  const folder = mkdtempSync(join(tmpdir(), "reverie-session-"));
  const file = join(folder, "samples.json");
  for (const step of ["make", "parse", "analyse"]) {
    spawnSync(process.execPath, [import.meta.filename, step, file], { stdio: "inherit" });
  }
  rmSync(folder, { recursive: true });
}

function make(target: string): void {
  const { file } = recording({ rate: 1000, repetitions: 1439, noise: 2, jitter: 0.4 });
  const shortened = (values: readonly number[], digits: number) =>
    values.map((value) => Number(value.toFixed(digits)));
  const channels = file.channels.map((channel) => ({ ...channel, v: shortened(channel.v, 2) }));
  writeFileSync(target, JSON.stringify({ ...file, t: shortened(file.t, 1), channels }));
}

function report(name: string, work: () => unknown): void {
  const began = performance.now();
  work();
  const seconds = (performance.now() - began) / 1000;
  const peak = process.resourceUsage().maxRSS / 1024;
  console.log(`${name.padEnd(18)} ${seconds.toFixed(2)} s, ${Math.round(peak)} MiB at the peak`);
}
