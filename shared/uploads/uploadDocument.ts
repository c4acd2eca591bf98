import type { Firestore } from "@google-cloud/firestore";
import { z } from "zod";
import type { FailureCode } from "../kinds/failures.ts";
import { typedCollection } from "../platform/firestore/collection.ts";
import { timestamp } from "../platform/firestore/timestamp.ts";
import { traceId } from "../platform/trace.ts";

/** Why a URL can't be fetched. */
export const FETCH_FAILURES = [
  "url_not_public",
  "url_redirects",
  "url_unreachable",
  "url_without_file",
  "url_compressed",
  "url_too_slow",
  "url_broke_off",
  "too_large",
] as const satisfies readonly FailureCode[];
export type FetchFailure = (typeof FETCH_FAILURES)[number];

/**
 * `uploads/{id}`: one upload session, which is a signed permission to create one object, and the verdict on what arrived. `pending`
 * until `ingest` has checked an object. `expiresAt` is the TTL field: it removes uploads that were never used or whose job has ended.
 */
export const uploadSchema = z.object({
  spaceId: z.string(),
  createdBy: z.string(),
  /** Of the request that made it; what the logs of all that follows are found by. */
  trace: traceId,
  /** Object name in the uploads bucket. */
  object: z.string(),
  /** As declared by the phone. */
  contentType: z.string(),
  size: z.number().int().positive(),
  crc32c: z.string().nullable(),
  name: z.string().nullable(),
  state: z.enum(["pending", "received", "rejected"]),
  /** Why it was rejected: a code and a sentence. */
  reason: z.object({ code: z.string(), message: z.string() }).nullable(),
  /** What really arrived, once it was looked at. */
  received: z
    .object({
      generation: z.string(),
      size: z.number().int(),
      crc32c: z.string(),
      /** The type the first bytes say, not the declared one. */
      contentType: z.string(),
      /** Of JSON: the names of the shapes that it has (`shared/kinds/jsonInput.ts`). */
      shapes: z.array(z.string()).optional(),
    })
    .nullable(),
  /** For content that is fetched from a URL; removed with the verdict. `size` is until then the most that it may have. */
  source: z
    .object({
      /** May hold a secret of its host. No client reads it, and no log has it. */
      url: z.string(),
      /** Goes up when a person starts the job again, so that there is a new task. */
      round: z.number().int().positive(),
      /** How often a fetch has begun. */
      begun: z.number().int().nonnegative(),
      /** The fetch that is under way; it is over at `until`, unless it says again that it goes on. */
      fetch: z.object({ id: z.string(), until: timestamp }).nullable(),
      /** Why it can't be fetched; `ingest` makes it the verdict. */
      failure: z.enum(FETCH_FAILURES).nullable(),
    })
    .optional(),
  createdAt: timestamp,
  expiresAt: timestamp,
  /** Until when the URLs that were signed last can be used; a write from before there was this field has none. */
  urlExpiresAt: timestamp.optional(),
});
export type Upload = z.infer<typeof uploadSchema>;

/** The collection of uploads. */
export const uploadsOf = (firestore: Firestore) => typedCollection(firestore, "uploads", uploadSchema);
