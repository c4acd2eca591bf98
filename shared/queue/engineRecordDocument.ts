import { createHash } from "node:crypto";
import type { Firestore } from "@google-cloud/firestore";
import { z } from "zod";
import { typedCollection } from "../platform/firestore/collection.ts";
import { timestamp } from "../platform/firestore/timestamp.ts";
import { base32 } from "../platform/ids.ts";

/**
 * How a lease ended, as far as it says something about the engine. A person who cancels says nothing about it.
 * - `input_failed`: the engine blames the input, for good.
 * - `failed`: any other failure.
 * - `lost`: its time was over without a renewal.
 * - `released`: given back before its end.
 */
export const LEASE_ENDS = ["succeeded", "input_failed", "failed", "lost", "released"] as const;

const leaseEndSchema = z.object({
  jobId: z.string(),
  leaseNumber: z.number().int(),
  /** A hash of the job's space: tells spaces apart, and names none. */
  space: z.string(),
  how: z.enum(LEASE_ENDS),
});
export type LeaseEnd = z.infer<typeof leaseEndSchema>;

const kindRecordSchema = z.object({
  /** The latest ends, in the order in which they were noted. */
  ends: z.array(leaseEndSchema),
  /** While it is paused: no leases but a probe now and then. */
  pause: z
    .object({
      since: timestamp,
      /** Probes given since. */
      probes: z.number().int().nonnegative(),
      nextProbeAt: timestamp,
    })
    .nullable(),
  /** Leases of the pause whose attempts have yet to be refunded. */
  refundsDue: z.array(leaseEndSchema.pick({ jobId: true, leaseNumber: true })),
});
export type KindRecord = z.infer<typeof kindRecordSchema>;

/**
 * `engineRecords/{id}`: how the leases of an engine, or of all engines of one service account, have ended lately. Holds hashes and ids
 * only; `expiresAt` is the TTL field.
 */
const engineRecordSchema = z.object({
  /** A hash of the service account's address. */
  accountId: z.string(),
  /** As the engine names itself; null for the record of the whole account. */
  engineId: z.string().nullable(),
  kinds: z.record(z.string(), kindRecordSchema),
  /** The kinds that are paused: what the status and administrators find it by. */
  pausedKinds: z.array(z.string()),
  expiresAt: timestamp,
});
export type EngineRecord = z.infer<typeof engineRecordSchema>;

/** The collection of engines' records. */
export const engineRecordsOf = (firestore: Firestore) =>
  typedCollection(firestore, "engineRecords", engineRecordSchema);

/** What stands for a service account where its address must not be read: in jobs, records and logs. */
export function accountIdOf(caller: string): string {
  return hashOf(caller);
}

/** The document of an engine's own record; the account's is under the account's id. */
export function engineRecordId(accountId: string, engineId: string): string {
  return hashOf(accountId, engineId);
}

/** What stands for a space in a record. */
export function spaceHash(spaceId: string): string {
  return hashOf("space", spaceId);
}

function hashOf(...parts: string[]): string {
  return base32(createHash("sha256").update(JSON.stringify(parts)).digest()).slice(0, 26);
}
