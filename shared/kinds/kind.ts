/**
 * A kind of job is a plug-in: one file in this folder that says what a job of that kind takes, how long it may take and what it
 * makes. Everything else in the project treats kinds as data.
 */
import { z } from "zod";
import type { FileFormatName } from "./fileFormats.ts";

/** A shape that the JSON of an input has to have. */
export interface JsonShape {
  /** Kept with the verdict on an upload, for the jobs that name it later. A schema that becomes stricter needs a new name. */
  readonly name: string;
  readonly schema: z.ZodType;
}

/** One input a job needs: an upload that must have arrived and must really be of one of these types. */
export interface InputRule {
  /** Types by content: see `shared/platform/media/mediaTypes.ts` for videos and photos, `file-type` for others. */
  readonly contentTypes: readonly string[];
  readonly maxBytes: number;
  /** Of JSON (`jsonInput.ts`): what it has to be; any object or array unless said. */
  readonly shape?: JsonShape;
}

/** What a file is to a result. A viewer opens the model, which finds its companions by their names; lists show the poster. */
export const FILE_ROLES = ["model", "companion", "poster"] as const;
export type FileRole = (typeof FILE_ROLES)[number];

/** The files of one role that a result may have. */
export interface OutputRule {
  /** Which names; absent: any that ends as one of the formats does. */
  readonly names?: RegExp;
  readonly formats: readonly FileFormatName[];
  /** Of one file. */
  readonly maxBytes: number;
  /** How many files. */
  readonly count: { readonly min: number; readonly max: number };
}

export interface Kind {
  readonly name: string;
  /** The request's `params`; unknown fields are refused. */
  readonly params: z.ZodObject;
  /** Params that, when given, name a member of the job's space. */
  readonly memberParams?: readonly string[];
  readonly inputs: Readonly<Record<string, InputRule>>;
  /** Rules for the set of files that a result is. */
  readonly outputs: Readonly<Partial<Record<FileRole, OutputRule>>>;
  /** The completion's `data`. */
  readonly result: z.ZodType<Record<string, unknown>>;
  /** As what a VR video may use a result; null for a kind of which none is made. */
  readonly vrRole: "scene" | "avatar" | null;
  /** Whether the function `workshop` does the work; else an engine that asks for this kind. */
  readonly workshop?: true;
  readonly maxAttempts: number;
  /** The wait before attempt n+1 after a retryable failure: `base · 2^(n−1)`, at most `max`; seconds. */
  readonly backoff: { readonly baseSeconds: number; readonly maxSeconds: number };
  /** How long one lease may be kept by renewing it, in seconds. */
  readonly leaseCeilingSeconds: number;
  /** How long a job is expected to take while no job of the kind has succeeded, in seconds. */
  readonly usualSeconds: number;
  /** How far one job moves its space back in the line; 1 is usual. */
  readonly weight: number;
  /** Jobs of this kind a space may have open; the general limit when absent. */
  readonly maxOpenPerSpace?: number;
}

export const MEBIBYTE = 1024 * 1024;
export const GIBIBYTE = 1024 * MEBIBYTE;
/** Files that a result of any kind has at most: a model, 64 companions and a poster. */
export const MAX_FILES = 66;
/** Different names that one lease may announce: a set, and some that were given up. They are in the job's document, which can't grow without end. */
export const MAX_ANNOUNCED = 2 * MAX_FILES;

/** A `poster.jpg` if there is one: a picture for lists. */
export const poster: OutputRule = {
  names: /^poster\.jpg$/,
  formats: ["jpeg"],
  maxBytes: 16 * MEBIBYTE,
  count: { min: 0, max: 1 },
};

/** A completion's `data` as JSON; more belongs in a file. */
export const MAX_RESULT_DATA_BYTES = 64 * 1024;

/** `data` of any shape: for kinds whose `data` only people read. */
export const freeData = z.record(z.string(), z.unknown());
