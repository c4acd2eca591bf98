import type { OnProgress, WorkFile, WorkResult } from "#engine/kit/work.ts";

/** What every converter takes and gives; a converter knows nothing of leases, HTTP or processes. */

export interface ConversionLimits {
  /** Decoding ends after this time with what was found so far. */
  readonly decodeSeconds: number;
  /** A picture with more pixels than this is refused. */
  readonly maxPixels: number;
}

export const defaultLimits: ConversionLimits = { decodeSeconds: 600, maxPixels: 80_000_000 };

export interface ConversionTask {
  /** Paths of the input files, by role. */
  readonly inputs: Readonly<Record<string, string>>;
  /** The job's params as they came; the converter judges them. */
  readonly params: Readonly<Record<string, unknown>>;
  /** An existing, empty directory for the results. */
  readonly outDir: string;
  readonly limits: ConversionLimits;
  readonly onProgress: OnProgress;
  readonly signal: AbortSignal;
}

export type ConvertedFile = WorkFile;
export type Converted = WorkResult;

/** Rejects with ConversionError when the input is to blame, with the signal's reason when it was aborted. */
export type Converter = (task: ConversionTask) => Promise<Converted>;
