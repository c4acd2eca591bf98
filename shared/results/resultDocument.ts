import { createHash } from "node:crypto";
import type { CollectionReference, Firestore } from "@google-cloud/firestore";
import { z } from "zod";
import { FILE_ROLES } from "../kinds/kind.ts";
import { typedCollection } from "../platform/firestore/collection.ts";
import { timestamp } from "../platform/firestore/timestamp.ts";
import { base32 } from "../platform/ids.ts";
import { traceId } from "../platform/trace.ts";

/**
 * `results/{jobId}`: what a completed job made, written once by `engine` in the transaction that ends the job, and followed by
 * `sync` for as long as the resource lives. Something else may write here too (an import, an operator), so `sync` trusts no document:
 * a field that it doesn't know is a reason to quarantine the document, not to drop the field.
 */
export const resultSchema = z.strictObject({
  jobId: z.string(),
  kind: z.string(),
  /** The care group, or SAMPLES_SPACE. */
  spaceId: z.string(),
  createdBy: z.string(),
  /** The job's; what the logs of all that follows are found by. Left out by an import. */
  trace: traceId.optional(),
  title: z.string(),
  params: z.record(z.string(), z.unknown()),
  files: z.array(
    z.strictObject({
      name: z.string(),
      role: z.enum(FILE_ROLES),
      /** Object name in the resources bucket. */
      object: z.string(),
      contentType: z.string(),
      size: z.number().int().nonnegative(),
      crc32c: z.string(),
      generation: z.string(),
    }),
  ),
  /** What the kind's result schema describes; at most 64 KB as JSON. */
  data: z.record(z.string(), z.unknown()).nullable(),
  /** The lease that made it. */
  leaseNumber: z.number().int().positive(),
  completedAt: timestamp,
});
export type Result = z.infer<typeof resultSchema>;

/** The collection of results. */
export const resultsOf = (firestore: Firestore) => typedCollection(firestore, "results", resultSchema);

/** The same collection for `sync`, whose documents may fit no schema: they are read as they are. */
export const rawResultsOf = (firestore: Firestore): CollectionReference =>
  resultsOf(firestore).withConverter(null);

/** The space of what administrators made for everyone to see. No person is a member of it. */
export const SAMPLES_SPACE = "samples";

/** The id of the resource that a job's result becomes; known before the job has begun, so that nothing has to be looked up. */
export function resourceIdOf(jobId: string): string {
  return base32(createHash("sha256").update(`resource:${jobId}`).digest()).slice(0, 26);
}
