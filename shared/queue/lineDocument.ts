import type { Firestore } from "@google-cloud/firestore";
import { z } from "zod";
import { typedCollection } from "../platform/firestore/collection.ts";

/**
 * `lines/{spaceId}`: how much a space has open, and how far its jobs reach back in each kind's line. Written in the transaction
 * that changes a job, so the limit of open jobs can't be overrun by requests that come at the same time.
 */
export const lineSchema = z.object({
  /** Open jobs of all kinds. */
  open: z.number().int(),
  kinds: z.record(
    z.string(),
    z.object({
      open: z.number().int(),
      /** Open jobs that have a place in line or run. */
      placed: z.number().int(),
      /** Finish tag of the last job that got a place; without meaning while none is placed. */
      finish: z.number(),
    }),
  ),
});
export type Line = z.infer<typeof lineSchema>;

/** The collection of lines. */
export const linesOf = (firestore: Firestore) => typedCollection(firestore, "lines", lineSchema);

export const EMPTY_LINE: Line = { open: 0, kinds: {} };
