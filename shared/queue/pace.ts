import type { Firestore } from "@google-cloud/firestore";
import { z } from "zod";
import type { Kind } from "../kinds/kind.ts";
import type { Clock } from "../platform/clock.ts";
import { timestamp } from "../platform/firestore/timestamp.ts";
import type { Logger } from "../platform/log/logger.ts";
import { knownEngines } from "./engines.ts";
import type { KindPace } from "./estimate.ts";
import { queryOf, shapes } from "./queries.ts";
import { unlessUnreadable } from "./readableJob.ts";

/** What an estimate is made of; read again after this time, since a list of jobs asks for it again and again. */
const FRESH_SECONDS = 5;
/** How many jobs "lately" means. */
const LATELY = 25;
/** More running jobs than this say nothing more about the pace. */
const MOST_RUNNING = 200;

const tookSchema = z.object({ tookSeconds: z.number() });
const runningSchema = z.object({ lease: z.object({ startedAt: timestamp, engineId: z.string() }) });

export interface PaceDeps {
  readonly firestore: Firestore;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Reads the pace of kinds, keeping each for some seconds. Make one per instance. */
export function paceReader(deps: PaceDeps): (kind: Kind) => Promise<KindPace> {
  const kept = new Map<string, { at: number; pace: Promise<KindPace> }>();
  return (kind) => {
    const now = deps.clock().getTime();
    const known = kept.get(kind.name);
    if (known && now - known.at < FRESH_SECONDS * 1000) return known.pace;
    const pace = readPace(kind, deps);
    kept.set(kind.name, { at: now, pace });
    // What failed is not kept.
    pace.catch(() => kept.delete(kind.name));
    return pace;
  };
}

/** Of jobs that can be read; the others are logged. */
async function readPace(kind: Kind, { firestore, clock, log }: PaceDeps): Promise<KindPace> {
  const [succeeded, running, engines] = await Promise.all([
    queryOf(firestore, shapes.succeeded, kind.name, "succeeded")
      .withConverter(null)
      .select("tookSeconds")
      .limit(LATELY)
      .get(),
    queryOf(firestore, shapes.runningByTag, kind.name, "running")
      .withConverter(null)
      .select("lease.startedAt", "lease.engineId")
      .limit(MOST_RUNNING)
      .get(),
    knownEngines(firestore, clock()),
  ]);
  const now = clock().getTime();
  const leases = running.docs.flatMap(
    (document) => unlessUnreadable(document, (job) => runningSchema.parse(job.data()).lease, log) ?? [],
  );
  const atWork = new Set(leases.map((lease) => lease.engineId));
  const took = succeeded.docs.flatMap(
    (document) => unlessUnreadable(document, (job) => tookSchema.parse(job.data()).tookSeconds, log) ?? [],
  );
  return {
    took: took.length > 0 ? took : [kind.usualSeconds],
    running: leases.map((lease) => Math.max(0, (now - lease.startedAt.getTime()) / 1000)),
    idle: engines.filter(
      ({ engine, silent }) => !silent && engine.kinds.includes(kind.name) && !atWork.has(engine.engineId),
    ).length,
  };
}
