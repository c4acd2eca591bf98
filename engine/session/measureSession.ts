import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Work, WorkError } from "../kit/work.ts";
import { analyseSession } from "./analyse.ts";
import { reportOf, summaryOf } from "./report.ts";
import { parseSamples, type Samples, SamplesFaultError } from "./samples.ts";

/**
 * The work of the kind `session`: reads the input `samples` and makes `session.json` with the repetitions and a curve to draw, and `data` with
 * the metrics.
 */
export const measureSession: Work = async ({ inputs: { samples: path }, outDir, onProgress }) => {
  if (path === undefined) throw new WorkError("input_missing", "The recording is missing.");
  onProgress(0.1, "reading");
  const samples = read(await readFile(path, "utf8"));
  onProgress(0.4, "measuring");
  const analysis = analyseSession(samples);
  const report = join(outDir, "session.json");
  await writeFile(report, JSON.stringify(reportOf(analysis, samples.cues)));
  const { size } = await stat(report);
  const file = {
    name: "session.json",
    role: "companion",
    contentType: "application/json",
    path: report,
    size,
  } as const;
  return { files: [file], data: { ...summaryOf(analysis) } };
};

function read(text: string): Samples {
  try {
    return parseSamples(text);
  } catch (error) {
    if (!(error instanceof SamplesFaultError)) throw error;
    throw new WorkError("samples_rejected", error.message, { cause: error });
  }
}
