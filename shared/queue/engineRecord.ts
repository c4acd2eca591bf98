/**
 * When an engine that fails everything is paused, and when it works again: pure. An engine is paused for one kind. A probe, a single
 * lease, is given after a minute, then after two, four and so on, at most an hour; the first success ends the pause.
 */
import { isAboutInput } from "../kinds/failures.ts";
import { plusSeconds } from "../platform/clock.ts";
import type { KindRecord, LeaseEnd } from "./engineRecordDocument.ts";

/** Ends that are kept, so that one that is noted twice is known, and inputs of one space are counted once. */
const MOST_ENDS = 200;
/** As many of them are kept after a success: all that they are good for then is to know an end that is noted twice. Each end reads and writes them all. */
const ENDS_BEFORE_SUCCESS = 50;
const FIRST_PROBE_SECONDS = 60;
const MOST_PROBE_SECONDS = 3600;

export const EMPTY_RECORD: KindRecord = { ends: [], pause: null, refundsDue: [] };

/** What a failure says about the engine: an input may be to blame, but not one that may work at another time. */
export function failureEnd({ code, retryable }: { code: string; retryable: boolean }): LeaseEnd["how"] {
  return !retryable && isAboutInput(code) ? "input_failed" : "failed";
}

/** With one more end. A success ends the pause; an end that was noted before changes nothing. */
export function withEnd(record: KindRecord, end: LeaseEnd): KindRecord {
  const { jobId, leaseNumber } = end;
  if (record.ends.some((known) => known.jobId === jobId && known.leaseNumber === leaseNumber)) return record;
  if (end.how !== "succeeded") return { ...record, ends: [...record.ends, end].slice(-MOST_ENDS) };
  return { ends: [...record.ends.slice(-ENDS_BEFORE_SUCCESS), end], pause: null, refundsDue: [] };
}

/**
 * How much speaks against the engine since its last success. A failure or a loss counts 1. An input that it blames counts a half, and all
 * inputs of one space together, because a family may send ten broken videos. A lease given back counts a half.
 */
export function evidence(record: KindRecord): number {
  const since = sinceSuccess(record);
  const count = (how: LeaseEnd["how"]) => since.filter((end) => end.how === how).length;
  const spaces = new Set(since.filter((end) => end.how === "input_failed").map((end) => end.space));
  return count("failed") + count("lost") + (spaces.size + count("released")) / 2;
}

/**
 * Paused if so much speaks against it.
 * @param limit the setting ENGINE_PAUSE_AFTER
 */
export function pausedBy(record: KindRecord, limit: number, now: Date): KindRecord {
  if (record.pause || evidence(record) < limit) return record;
  const spent = sinceSuccess(record).filter(({ how }) => how === "failed" || how === "lost");
  return {
    ends: record.ends,
    pause: { since: now, probes: 0, nextProbeAt: plusSeconds(now, FIRST_PROBE_SECONDS) },
    refundsDue: spent.map(({ jobId, leaseNumber }) => ({ jobId, leaseNumber })),
  };
}

/** Hashes of the spaces whose leases have not succeeded since the engine's last success. */
export function failedSpaces(record: KindRecord): ReadonlySet<string> {
  return new Set(sinceSuccess(record).map(({ space }) => space));
}

/** Whether it may have a lease: any number, one as a probe, or none. */
export function mayLease({ pause }: KindRecord, now: Date): "free" | "probe" | "paused" {
  if (!pause) return "free";
  return pause.nextProbeAt <= now ? "probe" : "paused";
}

/** A probe is given now: the next one has to wait twice as long. */
export function probed(record: KindRecord, now: Date): KindRecord {
  if (!record.pause) return record;
  const probes = record.pause.probes + 1;
  const seconds = Math.min(MOST_PROBE_SECONDS, FIRST_PROBE_SECONDS * 2 ** probes);
  return { ...record, pause: { ...record.pause, probes, nextProbeAt: plusSeconds(now, seconds) } };
}

function sinceSuccess({ ends }: KindRecord): readonly LeaseEnd[] {
  return ends.slice(ends.findLastIndex(({ how }) => how === "succeeded") + 1);
}
