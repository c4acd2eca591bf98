/** Which kinds an engine is given leases of now: one that fails everything gets none but a probe now and then. */
import { hasCode } from "#shared/platform/errors.ts";
import { changeJob } from "#shared/queue/changeJob.ts";
import { failedSpaces, mayLease, pausedBy, probed } from "#shared/queue/engineRecord.ts";
import { type EngineRecord, type KindRecord, LEASE_ENDS } from "#shared/queue/engineRecordDocument.ts";
import {
  changeRecord,
  type EngineName,
  kindOf,
  type RecordChange,
  recordIdsOf,
} from "#shared/queue/engineRecords.ts";
import type { EngineDeps } from "./deps.ts";

export interface Probe {
  readonly kind: string;
  /** Hashes of spaces whose work failed lately: it may be their work that fails, and not the engine. */
  readonly failedSpaces: ReadonlySet<string>;
}

export interface LeasableKinds {
  readonly free: readonly string[];
  /** Kinds of which one lease may be tried, if `reserveProbe` allows it. */
  readonly probes: readonly Probe[];
}

/**
 * The kinds of these that the engine may lease. Where its record, or that of its account, speaks against it, it is paused here: that is
 * logged for an alert, and attempts that its leases have spent are refunded. All of it is done again after a crash, at the engine's next
 * request.
 * @param records as they were read: its account's, then its own
 */
export async function leasableKinds(
  engine: EngineName,
  kinds: readonly string[],
  records: readonly (EngineRecord | undefined)[],
  deps: EngineDeps,
): Promise<LeasableKinds> {
  const ids = recordIdsOf(engine);
  const leasable = { free: [] as string[], probes: [] as Probe[] };
  for (const kind of kinds) {
    const states: ReturnType<typeof mayLease>[] = [];
    for (const [index, id] of ids.entries()) {
      const known = kindOf(records[index], kind);
      // The account's pause is enough: a second one for its engine would say the same.
      const isEnough = states.some((state) => state !== "free");
      const record = isEnough ? known : await reviewed(id, { ...engine, kind }, known, deps);
      states.push(mayLease(record, deps.clock()));
    }
    if (states.every((state) => state === "free")) leasable.free.push(kind);
    else if (!states.includes("paused")) {
      const failed = records.flatMap((record) => [...failedSpaces(kindOf(record, kind))]);
      leasable.probes.push({ kind, failedSpaces: new Set(failed) });
    }
  }
  return leasable;
}

/** Takes the one probe that is due. False when another request of the engine has taken it, or the pause goes on. */
export async function reserveProbe(engine: EngineName, kind: string, deps: EngineDeps): Promise<boolean> {
  for (const id of recordIdsOf(engine)) {
    const now = deps.clock();
    const take = (record: KindRecord) => (mayLease(record, now) === "probe" ? probed(record, now) : record);
    const { before, after } = await changeRecord(id, { ...engine, kind }, take, deps);
    if (before.pause && after === before) return false;
  }
  deps.log.info("engine_probed", { accountId: engine.accountId, engineId: engine.engineId, kind });
  return true;
}

/** The record, paused if it has to be, its refunds made. */
async function reviewed(
  id: string,
  engine: EngineName & { readonly kind: string },
  known: KindRecord,
  deps: EngineDeps,
): Promise<KindRecord> {
  const now = deps.clock();
  const pause = (record: KindRecord) => pausedBy(record, deps.pauseAfter, now);
  let record = known;
  if (pause(known) !== known) {
    const change = await changeRecord(id, engine, pause, deps);
    record = change.after;
    if (change.after.pause && !change.before.pause) logPaused(change, deps);
  }
  if (record.refundsDue.length > 0) {
    for (const lease of record.refundsDue) await refund(lease, deps);
    ({ after: record } = await changeRecord(id, engine, withoutRefunds(record.refundsDue), deps));
  }
  return record;
}

async function refund({ jobId, leaseNumber }: KindRecord["refundsDue"][number], deps: EngineDeps) {
  try {
    await changeJob(jobId, { type: "attempt_refunded", leaseNumber }, deps);
  } catch (error) {
    // Its space was erased, and the job with it.
    if (!hasCode(error, "not_found")) throw error;
  }
}

function withoutRefunds(made: KindRecord["refundsDue"]): (record: KindRecord) => KindRecord {
  const isMade = (lease: KindRecord["refundsDue"][number]) =>
    made.some(({ jobId, leaseNumber }) => jobId === lease.jobId && leaseNumber === lease.leaseNumber);
  return (record) => ({ ...record, refundsDue: record.refundsDue.filter((lease) => !isMade(lease)) });
}

function logPaused({ accountId, engineId, kind, after }: RecordChange, { log }: EngineDeps): void {
  const ends = Object.fromEntries(
    LEASE_ENDS.map((how) => [how, after.ends.filter((end) => end.how === how).length]),
  );
  log.error("engine_paused", { accountId, engineId, kind, ends });
}
