/**
 * What `commitJob` needs of a store. Firestore is one (`store.ts`); the tests have one in memory, with conflicts and crashes.
 */
import type { Timestamp } from "@google-cloud/firestore";
import type { IdempotencyRecord } from "../platform/idempotency/record.ts";
import type { Result } from "../results/resultDocument.ts";
import type { Upload } from "../uploads/uploadDocument.ts";
import type { Pull } from "./engines.ts";
import type { Job } from "./jobDocument.ts";
import type { Line } from "./lineDocument.ts";

/** A version of a document: the time it was written. */
export type Version = Pick<Timestamp, "seconds" | "nanoseconds">;

/** A document as it was read; without a version it isn't there. */
export interface Stored<Content> {
  readonly content: Content;
  readonly version: Version | undefined;
}

/** A document to be written, if it still has the version that it was read with; without one, if it still isn't there. */
export interface ConditionalWrite<Content> extends Stored<Content> {
  readonly id: string;
}

/** What is written in one commit. */
export interface JobWrites {
  readonly job: ConditionalWrite<Job>;
  /** `lines/{spaceId}`; undefined when it stays as it is. */
  readonly line: ConditionalWrite<Line> | undefined;
  /** `results/{jobId}`; undefined for every change but a completion. */
  readonly result: Result | undefined;
  /** `idempotency/{hash}`: what is on record for the request that asked for the change; undefined for one without a key. */
  readonly record: ConditionalWrite<IdempotencyRecord> | undefined;
  /** `engines/{id}`: what a lease says of its engine, written without a condition; undefined for every other change. */
  readonly pull: Pull | undefined;
}

/** Reads that stay true until the commit. */
export interface LockedReads {
  /** Whether a space has a tombstone, and which of these uploads there are, by id. */
  readSurroundings(
    spaceId: string,
    uploadIds: readonly string[],
  ): Promise<{ readonly spaceErased: boolean; readonly uploads: ReadonlyMap<string, Upload> }>;
}

export interface JobStore {
  readJob(jobId: string): Promise<Stored<Job> | undefined>;
  /** The space's line; an empty one without a version when there is none. */
  readLine(spaceId: string): Promise<Stored<Line>>;
  /** How far a kind's line has come: the largest tag that runs, or else the smallest that waits, or else 0. May be slightly old. */
  readVirtualTime(kind: string): Promise<number>;
  /**
   * Commits all writes or none.
   * @returns the new version of the record, if one was written
   * @throws an error that `isConflict` knows when a document is not as it was read
   */
  commit(writes: JobWrites): Promise<Version | undefined>;
  /**
   * Commits the writes that `decide` returns, or nothing if it returns none. What it reads through `locked` can't change before.
   * @throws like `commit`, and what `decide` throws
   */
  commitLocked<Decision extends { readonly writes: JobWrites | undefined }>(
    decide: (locked: LockedReads) => Promise<Decision>,
  ): Promise<Decision>;
}
