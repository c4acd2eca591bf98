/** The largest session that is analysed: 3.6 million samples, an hour at 1,000 a second. Beside it `JSON.parse` alone reads the same file. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { analyseSession } from "#engine/session/analyse.ts";
import { recording } from "#engine/session/recording.ts";
import { parseSamples } from "#engine/session/samples.ts";
import { type Measure, type Measured, median, ratios, rounded } from "./measure.ts";

/** @param rounds both are run once in each */
export function sessionAnalysis(rounds: number): Measure {
  return { name: "sessionAnalysis", runAlone: async () => measureSessions(rounds) };
}

interface Ran {
  readonly seconds: number;
  readonly peakMiB: number;
}

function measureSessions(rounds: number): Measured {
  const folder = mkdtempSync(join(tmpdir(), "reverie-session-"));
  try {
    const file = join(folder, "samples.json");
    writeFileSync(file, samples());
    const parsed: Ran[] = [];
    const analysed: Ran[] = [];
    for (let round = 0; round < rounds; round++) {
      parsed.push(ran("parse", file));
      analysed.push(ran("analyse", file));
    }
    const secondsOf = (all: readonly Ran[]) => all.map(({ seconds }) => seconds);
    return {
      title: "The largest session",
      reference: "JSON.parse",
      says: "Time to read and analyse 3.6 million samples (54 MB of JSON), as a multiple of `JSON.parse` alone; each in a process of its own, whose peak holds Node's own memory. `workshop` may take 10 s, and has 1,024 MiB.",
      rows: [
        {
          name: "read and analyse",
          ...ratios(secondsOf(analysed), secondsOf(parsed)),
          also: {
            seconds: rounded(median(secondsOf(analysed))),
            "peak MiB": Math.max(...analysed.map(({ peakMiB }) => peakMiB)),
            "peak MiB of JSON.parse": Math.max(...parsed.map(({ peakMiB }) => peakMiB)),
          },
        },
      ],
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function samples(): string {
  const { file } = recording({ rate: 1000, repetitions: 1439, noise: 2, jitter: 0.4 });
  const shortened = (values: readonly number[], digits: number) =>
    values.map((value) => Number(value.toFixed(digits)));
  const channels = file.channels.map((channel) => ({ ...channel, v: shortened(channel.v, 2) }));
  return JSON.stringify({ ...file, t: shortened(file.t, 1), channels });
}

/** Runs this file as a process, so that each has its own peak. */
function ran(doing: "parse" | "analyse", file: string): Ran {
  const { stdout, status } = spawnSync(process.execPath, [import.meta.filename, doing, file], {
    stdio: ["ignore", "pipe", "inherit"],
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`${doing} ended with ${status}`);
  return JSON.parse(stdout);
}

const [script, doing, file] = process.argv.slice(1);
if (script === import.meta.filename && file !== undefined) {
  const began = performance.now();
  const text = readFileSync(file, "utf8");
  if (doing === "parse") JSON.parse(text);
  else analyseSession(parseSamples(text));
  const seconds = (performance.now() - began) / 1000;
  const peakMiB = Math.round(process.resourceUsage().maxRSS / 1024);
  console.log(JSON.stringify({ seconds, peakMiB }));
}
