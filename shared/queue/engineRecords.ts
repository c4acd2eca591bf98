/** The records of engines in Firestore: each change is written if no other came between, and may be repeated. */
import type { Firestore } from "@google-cloud/firestore";
import { type Clock, plusSeconds } from "../platform/clock.ts";
import { readTogether } from "../platform/firestore/readTogether.ts";
import { retryConflicts } from "../platform/firestore/retryConflicts.ts";
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
import { readableEngine } from "./readableEngine.ts";

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

/** Their references, in the same order. */
export function engineRecordReferences(engine: EngineName, firestore: Firestore) {
  const [account, own] = recordIdsOf(engine);
  const records = engineRecordsOf(firestore);
  return [records.doc(account), records.doc(own)] as const;
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
    const changes = await changeRecords(ids, engine, note, deps);
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
export async function changeRecord(
  id: string,
  engine: EngineName & { readonly kind: string },
  change: (before: KindRecord) => KindRecord,
  deps: EngineRecordDeps,
): Promise<RecordChange> {
  const [changed] = await changeRecords([id], engine, change, deps);
  if (!changed) throw new Error("a record was not changed");
  return changed;
}

/**
 * As `changeRecord`, for several records at once. Nothing is locked: all leases of an account end in one document, and transactions that
 * have read it would keep each other waiting for seconds. A commit whose answer was lost is seen when it is repeated: `change` changes nothing then.
 */
function changeRecords(
  ids: readonly string[],
  { accountId, engineId, kind }: EngineName & { readonly kind: string },
  change: (before: KindRecord) => KindRecord,
  { firestore, clock, log }: EngineRecordDeps,
): Promise<RecordChange[]> {
  const documents = ids.map((id) => engineRecordsOf(firestore).doc(id));
  return retryConflicts(async () => {
    const batch = firestore.batch();
    const changes = (await readTogether(firestore, ...documents)).map((snapshot): RecordChange => {
      const { id, updateTime } = snapshot;
      const known = readableEngine(snapshot, log);
      const before = kindOf(known, kind);
      const after = change(before);
      const named = { accountId, engineId: id === accountId ? null : engineId };
      if (after !== before) {
        const kinds = { ...known?.kinds, [kind]: after };
        const record: EngineRecord = {
          ...named,
          kinds,
          pausedKinds: Object.keys(kinds).filter((name) => kinds[name]?.pause),
          expiresAt: plusSeconds(clock(), KEPT_SECONDS),
        };
        const document = engineRecordsOf(firestore).withConverter(null).doc(id);
        if (updateTime) batch.update(document, record, { lastUpdateTime: updateTime });
        else batch.create(document, record);
      }
      return { ...named, kind, before, after };
    });
    if (changes.some(({ before, after }) => after !== before)) await batch.commit();
    return changes;
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
