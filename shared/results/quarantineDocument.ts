import type { Firestore } from "@google-cloud/firestore";
import { z } from "zod";
import { typedCollection } from "../platform/firestore/collection.ts";
import { timestamp } from "../platform/firestore/timestamp.ts";

/** `quarantine/{jobId}`: a result document that could not be read, with the reason and what it held, until it can be read or is gone. */
export const quarantineSchema = z.object({
  jobId: z.string(),
  version: z.string(),
  code: z.string(),
  detail: z.string(),
  /** The document as JSON; null when it was too large for here. */
  payload: z.string().nullable(),
  /** Object in the bucket of resources that holds the payload instead. */
  payloadObject: z.string().nullable(),
  /** The space the document claims, for erasure; null when it claims none. */
  spaceId: z.string().nullable(),
  quarantinedAt: timestamp,
});
export type Quarantined = z.infer<typeof quarantineSchema>;

/** The collection of quarantined documents. */
export const quarantineOf = (firestore: Firestore) =>
  typedCollection(firestore, "quarantine", quarantineSchema);
