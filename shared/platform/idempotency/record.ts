import type { Firestore } from "@google-cloud/firestore";
import { z } from "zod";
import { typedCollection } from "../firestore/collection.ts";
import { timestamp } from "../firestore/timestamp.ts";

/**
 * `idempotency/{hash}`: what was done for an `Idempotency-Key`, kept for 24 hours (`expiresAt` is the TTL field). The id is a hash of
 * caller, route and key; `caller` is there too, so that erasing a person finds their answers. No client reads these.
 */
export const idempotencySchema = z.discriminatedUnion("type", [
  /** An answer, stored in the transaction of the change that it reports. */
  z.object({
    type: z.literal("answer"),
    /** Whose answer it is; erasing them takes it. */
    caller: z.string(),
    bodyHash: z.string(),
    status: z.union([z.literal(200), z.literal(201), z.literal(202)]),
    headers: z.record(z.string(), z.string()),
    /** The exact JSON text. */
    body: z.string(),
    expiresAt: timestamp,
  }),
  /** Leases that a request was given. An answer with signed URLs is not stored: the leases are found again and their URLs signed again. */
  z.object({
    type: z.literal("leases"),
    caller: z.string(),
    bodyHash: z.string(),
    /** Makes the leases' ids together with the key; neither alone is enough. */
    seed: z.string(),
    leases: z.array(z.object({ jobId: z.string(), leaseNumber: z.number().int() })),
    /** The request was answered: no more leases come to it. */
    closed: z.boolean(),
    expiresAt: timestamp,
  }),
]);
export type IdempotencyRecord = z.infer<typeof idempotencySchema>;
export type LeaseRecord = Extract<IdempotencyRecord, { type: "leases" }>;

/** The collection of records. */
export const recordsOf = (firestore: Firestore) =>
  typedCollection(firestore, "idempotency", idempotencySchema);
