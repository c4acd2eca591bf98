import type { Firestore } from "@google-cloud/firestore";
import { z } from "zod";
import type { Kinds } from "#shared/kinds/index.ts";
import { type Clock, plusSeconds } from "#shared/platform/clock.ts";
import { timestamp } from "#shared/platform/firestore/timestamp.ts";
import type { Logger } from "#shared/platform/log/logger.ts";
import { engineRecordsOf } from "#shared/queue/engineRecordDocument.ts";
import { knownEngines, SILENT_AFTER_SECONDS } from "#shared/queue/engines.ts";
import { queryOf, shapes } from "#shared/queue/queries.ts";
import { unlessUnreadable } from "#shared/queue/readableJob.ts";

/** The public status: how many engines there are, how long the lines are, and how many engines are paused, without names. */
export interface QueueStatus {
  readonly engines: { readonly idle: number; readonly busy: number; readonly silent: number };
  readonly kinds: Readonly<
    Record<string, { readonly waiting: number; readonly running: number; readonly paused: number }>
  >;
  readonly at: string;
}

const FRESH_SECONDS = 3;
const MOST_RUNNING = 500;
const runningSchema = z.object({
  lease: z.object({ accountId: z.string(), engineId: z.string() }),
  updatedAt: timestamp,
});

export interface StatusDeps {
  readonly firestore: Firestore;
  readonly kinds: Kinds;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Reads the status and keeps it for some seconds, because anyone may ask for it. Make one per instance. */
export function statusReader(deps: StatusDeps): () => Promise<QueueStatus> {
  let kept: { at: number; status: Promise<QueueStatus> } | undefined;
  return () => {
    const now = deps.clock().getTime();
    if (kept && now - kept.at < FRESH_SECONDS * 1000) return kept.status;
    const status = readStatus(deps);
    kept = { at: now, status };
    status.catch(() => {
      kept = undefined; // what failed is not kept
    });
    return status;
  };
}

async function readStatus(deps: StatusDeps): Promise<QueueStatus> {
  const now = deps.clock();
  const [engines, ...lines] = await Promise.all([
    knownEngines(deps, now),
    ...[...deps.kinds.keys()].map((kind) => readKind(kind, deps)),
  ]);
  const atWork = new Map<string, Date>();
  for (const { engine, seenAt } of lines.flatMap((line) => line.leases)) {
    const known = atWork.get(engine);
    if (!known || known < seenAt) atWork.set(engine, seenAt);
  }
  const resting = engines.filter(({ engine }) => !atWork.has(nameOf(engine)));
  const idle = resting.filter(({ silent }) => !silent).length;
  // One that works says nothing but its renewals, and those are noted on the job.
  const silentBefore = plusSeconds(now, -SILENT_AFTER_SECONDS);
  const busy = [...atWork.values()].filter((seenAt) => seenAt >= silentBefore).length;
  return {
    engines: { idle, busy, silent: resting.length - idle + atWork.size - busy },
    kinds: Object.fromEntries(
      lines.map(({ kind, waiting, running, paused }) => [kind, { waiting, running, paused }]),
    ),
    at: now.toISOString(),
  };
}

/** Jobs that can't be read are counted, but who works on them is not known. */
async function readKind(kind: string, { firestore, log }: StatusDeps) {
  const inState = queryOf(firestore, shapes.runningByTag, kind, "running");
  const [waiting, running, paused, leases] = await Promise.all([
    queryOf(firestore, shapes.line, kind, true).count().get(),
    inState.count().get(),
    engineRecordsOf(firestore).where("pausedKinds", "array-contains", kind).count().get(),
    inState
      .withConverter(null)
      .select("lease.accountId", "lease.engineId", "updatedAt")
      .limit(MOST_RUNNING)
      .get(),
  ]);
  return {
    kind,
    waiting: waiting.data().count,
    running: running.data().count,
    paused: paused.data().count,
    leases: leases.docs.flatMap((document) => {
      const read = unlessUnreadable(document, (job) => runningSchema.parse(job.data()), log);
      return read ? [{ engine: nameOf(read.lease), seenAt: read.updatedAt }] : [];
    }),
  };
}

/** Names an engine; two accounts may have engines of one name. */
function nameOf({ accountId, engineId }: { readonly accountId: string; readonly engineId: string }): string {
  return JSON.stringify([accountId, engineId]);
}
