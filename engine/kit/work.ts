import type { Logger } from "#shared/platform/log/logger.ts";

/** The viewer opens the model, which finds its companions by their names; lists show the poster. */
export type FileRole = "model" | "companion" | "poster";

/** A fraction from 0 to 1 of the whole work, and what is being done, in a word that an app can show or translate. */
export type OnProgress = (fraction: number, stage: string) => void;

/** One job as the function that does its work sees it: files, and nothing of leases or HTTP. */
export interface WorkTask {
  readonly kind: string;
  /** Paths of the input files, by role. */
  readonly inputs: Readonly<Record<string, string>>;
  /** The job's params as they came; the work judges them. */
  readonly params: Readonly<Record<string, unknown>>;
  /** 1 the first time that the job is worked on, 2 after a failure that may be tried again, and so on. */
  readonly attempt: number;
  /** An existing, empty directory for the results; it is removed after they are uploaded. */
  readonly outDir: string;
  readonly onProgress: OnProgress;
  /** Aborted when the result is no longer wanted. */
  readonly signal: AbortSignal;
  /** Adds the job to each line. */
  readonly log: Logger;
}

export interface WorkFile {
  /** Yours to choose, as the kind's formats allow; files of a result find each other by their names. */
  readonly name: string;
  /** What the file is to the result; may be left out where only one is possible. */
  readonly role?: FileRole;
  readonly contentType: string;
  readonly path: string;
  /** In bytes. */
  readonly size: number;
}

export interface WorkResult {
  readonly files: readonly WorkFile[];
  /** A few facts about what was found; well under 64 KB as JSON. */
  readonly data?: Readonly<Record<string, unknown>>;
}

/** Makes files from inputs. Rejects with WorkError when the input is to blame, with the signal's reason when it was aborted. */
export type Work = (task: WorkTask) => Promise<WorkResult>;

/** Work that ended without a result. `message` is a sentence for the family; `cause` is for the log. */
export class WorkError extends Error {
  /** Stable, in snake_case: an app may have its own words for it. */
  readonly code: string;
  /** Whether the same input may succeed another time. */
  readonly retryable: boolean;

  constructor(
    code: string,
    message: string,
    options: { readonly retryable?: boolean; readonly cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "WorkError";
    this.code = code;
    this.retryable = options.retryable ?? false;
  }
}
