/** What every converter takes and gives; a converter knows nothing of leases or HTTP. */

/** A fraction from 0 to 1 of the whole conversion, and what is being done, in a word the app can show or translate. */
export type OnProgress = (fraction: number, stage: string) => void;

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

export interface ConvertedFile {
  readonly name: string;
  readonly contentType: string;
  readonly path: string;
  /** In bytes. */
  readonly size: number;
}

export interface Converted {
  readonly files: readonly ConvertedFile[];
  /** A few facts about what was found; well under 64 KB as JSON. */
  readonly data?: Readonly<Record<string, unknown>>;
}

/** Rejects with ConversionError when the input is to blame, with the signal's reason when it was aborted. */
export type Converter = (task: ConversionTask) => Promise<Converted>;
