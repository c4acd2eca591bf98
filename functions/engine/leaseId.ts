import { createHash, createHmac } from "node:crypto";
import { base32 } from "#shared/platform/ids.ts";

/** The parts of a lease's id that say which lease it is; the rest of it is the secret. */
export interface LeaseRef {
  readonly jobId: string;
  readonly leaseNumber: number;
}

const LEASE_ID = /^([0-9a-z]{20,40})\.([1-9][0-9]{0,8})\.[0-9a-z]{26}$/;

/**
 * The id of a lease, the fencing token: job, lease number and 130 bits that depend on seed and key. The same
 * seed and key make the same id again, so an id needs no storing: the seed is on record in Firestore, the key is the engine's.
 * @param key the request's Idempotency-Key, or something random when it had none
 */
export function leaseIdOf({ jobId, leaseNumber }: LeaseRef, seed: Buffer, key: string): string {
  const secret = createHmac("sha256", seed)
    .update(JSON.stringify([key, jobId, leaseNumber]))
    .digest();
  return `${jobId}.${leaseNumber}.${base32(secret).slice(0, 26)}`;
}

/** What the job's document keeps of a lease's id. */
export function leaseHash(leaseId: string): string {
  return createHash("sha256").update(leaseId).digest("hex");
}

/** Which lease an id is of; undefined for what can't be an id of ours. */
export function parseLeaseId(leaseId: string): LeaseRef | undefined {
  const match = LEASE_ID.exec(leaseId);
  if (!match?.[1] || !match[2]) return undefined;
  return { jobId: match[1], leaseNumber: Number(match[2]) };
}
