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

/** What runs and who is there is read again after this time, since a list of jobs asks for it again and again. */
const FRESH_SECONDS = 5;
/** The same for how long jobs took lately: one more of them changes little. */
const TOOK_FRESH_SECONDS = 60;
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

/** Reads the pace of kinds, keeping what was read for some seconds. Make one per instance. */
export function paceReader(deps: PaceDeps): (kind: Kind) => Promise<KindPace> {
  const took = kept(TOOK_FRESH_SECONDS, deps, (kind) => readTook(kind, deps));
  const leases = kept(FRESH_SECONDS, deps, (kind) => readLeases(kind, deps));
  const engines = kept(FRESH_SECONDS, deps, () => knownEngines(deps, deps.clock()));
  return async (kind) => {
    const [seconds, running, known] = await Promise.all([took(kind.name), leases(kind.name), engines("")]);
    const now = deps.clock().getTime();
    const atWork = new Set(running.map((lease) => lease.engineId));
    return {
      took: seconds.length > 0 ? seconds : [kind.usualSeconds],
      running: running.map((lease) => Math.max(0, (now - lease.startedAt.getTime()) / 1000)),
      idle: known.filter(
        ({ engine, silent }) => !silent && engine.kinds.includes(kind.name) && !atWork.has(engine.engineId),
      ).length,
    };
  };
}

/** Reads something by name, and keeps it for so many seconds. What failed is not kept. */
function kept<Content>(
  seconds: number,
  { clock }: Pick<PaceDeps, "clock">,
  read: (name: string) => Promise<Content>,
): (name: string) => Promise<Content> {
  const known = new Map<string, { at: number; content: Promise<Content> }>();
  return (name) => {
    const now = clock().getTime();
    const last = known.get(name);
    if (last && now - last.at < seconds * 1000) return last.content;
    const content = read(name);
    known.set(name, { at: now, content });
    content.catch(() => known.delete(name));
    return content;
  };
}

/** How long the latest jobs of a kind took. Those that can't be read are logged. */
async function readTook(kind: string, { firestore, log }: PaceDeps): Promise<number[]> {
  const succeeded = await queryOf(firestore, shapes.succeeded, kind, "succeeded")
    .withConverter(null)
    .select("tookSeconds")
    .limit(LATELY)
    .get();
  return succeeded.docs.flatMap(
    (document) => unlessUnreadable(document, (job) => tookSchema.parse(job.data()).tookSeconds, log) ?? [],
  );
}

/** The leases of a kind's running jobs. Those that can't be read are logged. */
async function readLeases(kind: string, { firestore, log }: PaceDeps) {
  const running = await queryOf(firestore, shapes.runningByTag, kind, "running")
    .withConverter(null)
    .select("lease.startedAt", "lease.engineId")
    .limit(MOST_RUNNING)
    .get();
  return running.docs.flatMap(
    (document) => unlessUnreadable(document, (job) => runningSchema.parse(job.data()).lease, log) ?? [],
  );
}
