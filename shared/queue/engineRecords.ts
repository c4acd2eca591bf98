/** The records of engines in Firestore: each change is a transaction, and may be repeated. */
import type { Firestore } from "@google-cloud/firestore";
import { type Clock, plusSeconds } from "../platform/clock.ts";
import type { Logger } from "../platform/log/logger.ts";
import { EMPTY_RECORD, withEnd } from "./engineRecord.ts";
import {
  type EngineRecord,
  engineRecordId,
  engineRecordsOf,
  type KindRecord,
  type LeaseEnd,
  spaceHash,
} from "./engineRecordDocument.ts";
import type { Job } from "./jobDocument.ts";

export interface EngineRecordDeps {
  readonly firestore: Firestore;
  readonly clock: Clock;
  readonly log: Logger;
}

const KEPT_SECONDS = 30 * 86_400;

/** The two records of an engine: of its service account, and its own. */
export interface EngineName {
  readonly accountId: string;
  readonly engineId: string;
}

/** The documents of an engine's two records, the account's first. */
export function recordIdsOf({ accountId, engineId }: EngineName): [account: string, engine: string] {
  return [accountId, engineRecordId(accountId, engineId)];
}

/**
 * Notes how a job's last lease ended, for its engine and for the engine's account. Never throws: the job is committed already. A crash
 * between the two loses this one end: an engine that fails everything is noticed one lease later, and one that works is not paused
 * for a success that is missing here, unless all its other leases failed.
 * @param job as it is after the lease
 */
export async function noteLeaseEnd(
  jobId: string,
  job: Job,
  how: LeaseEnd["how"],
  deps: EngineRecordDeps,
): Promise<void> {
  if (!job.lastLease) return;
  const end = { jobId, leaseNumber: lastLeaseNumber(job), space: spaceHash(job.spaceId), how };
  const engine = { ...job.lastLease, kind: job.kind };
  try {
    const ids = recordIdsOf(job.lastLease);
    const note = (record: KindRecord) => withEnd(record, end);
    const changes = await Promise.all(ids.map((id) => changeRecord(id, engine, note, deps)));
    for (const change of changes) {
      if (change.before.pause && !change.after.pause) logResumed(change, "success", deps.log);
    }
  } catch (error) {
    deps.log.warn("lease_end_not_noted", { jobId, error });
  }
}

/** The number of the lease that ended last. One that runs now is the one after it. */
export function lastLeaseNumber(job: Pick<Job, "lease" | "leaseNumber">): number {
  return job.lease ? job.leaseNumber - 1 : job.leaseNumber;
}

export interface RecordChange {
  readonly accountId: string;
  readonly engineId: string | null;
  readonly kind: string;
  readonly before: KindRecord;
  readonly after: KindRecord;
}

/**
 * Changes one kind of one record. `change` is pure: it may be called more than once, and what it returns unchanged is not written.
 * @param id of the account or of the engine
 */
export function changeRecord(
  id: string,
  { accountId, engineId, kind }: EngineName & { readonly kind: string },
  change: (before: KindRecord) => KindRecord,
  { firestore, clock }: Pick<EngineRecordDeps, "firestore" | "clock">,
): Promise<RecordChange> {
  const document = engineRecordsOf(firestore).doc(id);
  const ofAccount = id === accountId;
  return firestore.runTransaction(async (transaction) => {
    const known = (await transaction.get(document)).data();
    const before = kindOf(known, kind);
    const after = change(before);
    if (after !== before) {
      const kinds = { ...known?.kinds, [kind]: after };
      transaction.set(document, {
        accountId,
        engineId: ofAccount ? null : engineId,
        kinds,
        pausedKinds: Object.keys(kinds).filter((name) => kinds[name]?.pause),
        expiresAt: plusSeconds(clock(), KEPT_SECONDS),
      });
    }
    return { accountId, engineId: ofAccount ? null : engineId, kind, before, after };
  });
}

/** What a record says of a kind. */
export function kindOf(record: EngineRecord | undefined, kind: string): KindRecord {
  const kinds = record?.kinds ?? {};
  return (Object.hasOwn(kinds, kind) ? kinds[kind] : undefined) ?? EMPTY_RECORD;
}

/** Logs the end of a pause. */
export function logResumed(
  { accountId, engineId, kind, before }: RecordChange,
  by: "success" | "administrator",
  log: Logger,
): void {
  log.info("engine_resumed", { accountId, engineId, kind, by, probes: before.pause?.probes ?? 0 });
}
