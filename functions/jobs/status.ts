import type { Firestore } from "@google-cloud/firestore";
import { z } from "zod";
import type { Kinds } from "#shared/kinds/index.ts";
import type { Clock } from "#shared/platform/clock.ts";
import type { Logger } from "#shared/platform/log/logger.ts";
import { engineRecordsOf } from "#shared/queue/engineRecordDocument.ts";
import { knownEngines } from "#shared/queue/engines.ts";
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
const runningSchema = z.object({ lease: z.object({ engineId: z.string() }) });

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
    knownEngines(deps.firestore, now),
    ...[...deps.kinds.keys()].map((kind) => readKind(kind, deps)),
  ]);
  const atWork = new Set(lines.flatMap((line) => line.engineIds));
  const heard = engines.filter(({ silent }) => !silent);
  const busy = heard.filter(({ engine }) => atWork.has(engine.engineId)).length;
  return {
    engines: { idle: heard.length - busy, busy, silent: engines.length - heard.length },
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
    inState.withConverter(null).select("lease.engineId").limit(MOST_RUNNING).get(),
  ]);
  return {
    kind,
    waiting: waiting.data().count,
    running: running.data().count,
    paused: paused.data().count,
    engineIds: leases.docs.flatMap(
      (document) =>
        unlessUnreadable(document, (job) => runningSchema.parse(job.data()).lease.engineId, log) ?? [],
    ),
  };
}
