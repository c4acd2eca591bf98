import type { Firestore } from "@google-cloud/firestore";
import { z } from "zod";
import { typedCollection } from "../platform/firestore/collection.ts";
import { timestamp } from "../platform/firestore/timestamp.ts";
import { traceId } from "../platform/trace.ts";

export const JOB_STATES = [
  "awaiting_upload",
  "queued",
  "running",
  "succeeded",
  "failed",
  "cancelled",
] as const;
export type JobState = (typeof JOB_STATES)[number];

/** What a job knows of the upload that fills one of its roles. */
const inputSchema = z.object({
  uploadId: z.string(),
  state: z.enum(["waiting", "received", "rejected"]),
  /** What really arrived; null unless received. */
  received: z
    .object({
      /** Object name in the uploads bucket, and the generation that was looked at. */
      object: z.string(),
      generation: z.string(),
      contentType: z.string(),
      size: z.number().int(),
      crc32c: z.string(),
      /** As in the upload. */
      shapes: z.array(z.string()).optional(),
    })
    .nullable(),
});
export type JobInput = z.infer<typeof inputSchema>;

/** The one lease that is valid now. */
const leaseSchema = z.object({
  /** SHA-256 of the lease's id. The id itself is given to the engine only: phones read the document. */
  hash: z.string(),
  /** A hash of the address of the engine's service account. */
  accountId: z.string(),
  /** As the engine names itself. */
  engineId: z.string(),
  startedAt: timestamp,
  /** When it ends unless it is renewed. */
  until: timestamp,
  /** Files the engine announced under this lease, by name. */
  outputs: z.record(z.string(), z.object({ contentType: z.string(), size: z.number().int() })),
});

/**
 * `jobs/{id}`: one job, from the 202 to its end. The space's members read it through Firestore rules, so it holds no secret. Written
 * only through `commitJob`, each write conditional on the state it was computed from; erasing its space removes it.
 */
export const jobSchema = z.object({
  kind: z.string(),
  /** The care group, or SAMPLES_SPACE. */
  spaceId: z.string(),
  createdBy: z.string(),
  /** Of the request that submitted it; what the logs of all that follows are found by. */
  trace: traceId,
  title: z.string(),
  params: z.record(z.string(), z.unknown()),
  /** By role. */
  inputs: z.record(z.string(), inputSchema),
  /** Uploads that have yet to arrive; what `ingest` finds a job by. Empty once the job has ended. */
  waitingFor: z.array(z.string()),

  state: z.enum(JOB_STATES),
  /** Attempts begun. Never falls. */
  attempt: z.number().int().nonnegative(),
  maxAttempts: z.number().int().positive(),
  /** The attempt that was begun was given back by its engine: the next lease continues it. */
  attemptRefunded: z.boolean(),
  /** Leases given, released ones too; names the folder of what a lease makes. */
  leaseNumber: z.number().int().nonnegative(),
  lease: leaseSchema.nullable(),
  /** How the latest lease that ended did so; recognises an engine that repeats its last call. */
  lastLease: z
    .object({
      hash: z.string(),
      accountId: z.string(),
      engineId: z.string(),
      how: z.enum(["completed", "failed", "released", "cancelled", "ended"]),
      until: timestamp,
    })
    .nullable(),
  progress: z.object({ fraction: z.number(), stage: z.string().nullable() }).nullable(),
  /** Why it failed; null unless failed. */
  error: z.object({ code: z.string(), message: z.string() }).nullable(),

  /** Its place in its kind's line, kept until its end; `behindOwn` breaks ties in favour of spaces that have none before it. */
  place: z.object({ tag: z.number(), behindOwn: z.boolean() }).nullable(),
  /** Whether it may be leased now: what the line's index holds. False while it backs off. */
  waiting: z.boolean(),
  /** How often it entered the line; goes into task names, because Cloud Tasks refuses a name that was used. */
  enqueueCount: z.number().int().nonnegative(),
  /** While it backs off: when it enters the line again. */
  availableAt: timestamp.nullable(),

  /** How long the lease that succeeded took, in seconds; what estimates are made of. */
  tookSeconds: z.number().nullable(),
  /** That it failed or was cancelled has yet to be published; a success is published by `sync`. */
  notificationPending: z.boolean(),
  createdAt: timestamp,
  updatedAt: timestamp,
  finishedAt: timestamp.nullable(),
  /** TTL field: Firestore removes finished jobs; null while it is open. */
  expiresAt: timestamp.nullable(),
});
export type Job = z.infer<typeof jobSchema>;

/** The collection of jobs. */
export const jobsOf = (firestore: Firestore) => typedCollection(firestore, "jobs", jobSchema);

/** The states of a job that has yet to reach its end. */
export const OPEN_STATES: readonly JobState[] = ["awaiting_upload", "queued", "running"];

/** Whether the job has yet to reach its end. */
export function isOpen(job: Pick<Job, "state">): boolean {
  return OPEN_STATES.includes(job.state);
}
