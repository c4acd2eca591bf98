/** Engines that take one job after the other and complete it at once, by the operations of the function `engine`. */
import { randomBytes } from "node:crypto";
import type { Firestore } from "@google-cloud/firestore";
import { completeJob } from "#functions/engine/completeJob.ts";
import type { EngineDeps } from "#functions/engine/deps.ts";
import { heldLease } from "#functions/engine/heldLease.ts";
import { leaseJobs } from "#functions/engine/leaseJobs.ts";
import { memoryObjects } from "#local/testing/memoryObjects.ts";
import type { Kind } from "#shared/kinds/kind.ts";
import { scene } from "#shared/kinds/scene.ts";
import { randomId } from "#shared/platform/ids.ts";
import { silentLogger } from "#shared/platform/log/logger.ts";

const CALLER = "engine@bench.iam.gserviceaccount.com";
/** A `scene` whose result has no files: nothing is looked at in a bucket. */
const KIND: Kind = { ...scene, inputs: {}, outputs: {} };

export function engineDepsOf(firestore: Firestore): EngineDeps {
  return {
    http: { log: silentLogger, newId: randomId, edge: "none" },
    firestore,
    kinds: new Map([[KIND.name, KIND]]),
    clock: () => new Date(),
    log: silentLogger,
    randomBytes,
    random: Math.random,
    tasks: { add: async () => "added", remove: async () => {} },
    publisher: { publish: async () => {} },
    engines: [],
    backoffMaxSeconds: undefined,
    jobRetentionDays: 90,
    leaseSeconds: { min: 30, max: 3600 },
    pauseAfter: 1_000_000,
    leasesMax: 1_000_000,
    uploads: memoryObjects(),
    resources: memoryObjects(),
  };
}

/** One lease. @returns its id; undefined when no work waits */
export async function leaseOne(engineId: string, deps: EngineDeps): Promise<string | undefined> {
  const body = { engineId, kinds: [KIND.name], max: 1, leaseSeconds: 3600 };
  const [lease] = await leaseJobs({ caller: CALLER, key: randomId(), body }, deps);
  return lease?.leaseId;
}

/** Engines empty a line of so many jobs. @returns milliseconds */
export async function emptyLine(engines: number, jobs: number, deps: EngineDeps): Promise<number> {
  let done = 0;
  const begun = performance.now();
  const engine = async (name: string) => {
    for (;;) {
      const leaseId = await leaseOne(name, deps);
      if (leaseId === undefined) return;
      const lease = await heldLease(leaseId, "complete", deps.firestore);
      await completeJob(lease, { files: [], data: {} }, deps);
      done += 1;
    }
  };
  await Promise.all(Array.from({ length: engines }, (_, index) => engine(`engine${index}`)));
  if (done !== jobs) throw new Error(`${done} of ${jobs} jobs were done`);
  return performance.now() - begun;
}

/** Counts commits that met another engine's. */
export function countConflicts(firestore: Firestore): { take(): number } {
  let count = 0;
  const make = firestore.batch.bind(firestore);
  firestore.batch = () => {
    const batch = make();
    const commit = batch.commit.bind(batch);
    batch.commit = async () => {
      try {
        return await commit();
      } catch (error) {
        count += 1;
        throw error;
      }
    };
    return batch;
  };
  return {
    take() {
      const taken = count;
      count = 0;
      return taken;
    },
  };
}

/**
 * The writes of such a lease and its completion, and nothing else: as many documents of the same sizes in as many commits, without
 * conditions, each lane on documents of its own. @returns milliseconds
 */
export async function bareCommits(
  lanes: number,
  jobs: number,
  sizes: { readonly job: object; readonly small: object },
  firestore: Firestore,
): Promise<number> {
  let next = 0;
  const begun = performance.now();
  const lane = async (name: string) => {
    const document = (collection: string, id: string) => firestore.collection(`bare_${collection}`).doc(id);
    for (let job = next++; job < jobs; job = next++) {
      const id = `job${job}`;
      const claim = firestore.batch();
      claim.set(document("jobs", id), sizes.job);
      claim.set(document("records", id), sizes.small);
      claim.set(document("engines", name), sizes.small);
      await claim.commit();
      const completion = firestore.batch();
      completion.set(document("jobs", id), sizes.job);
      completion.set(document("lines", id), sizes.small);
      completion.set(document("results", id), sizes.small);
      await completion.commit();
      const ends = firestore.batch();
      ends.set(document("engineRecords", name), sizes.small);
      ends.set(document("engineRecords", `account of ${name}`), sizes.small);
      await ends.commit();
    }
  };
  await Promise.all(Array.from({ length: lanes }, (_, index) => lane(`lane${index}`)));
  return performance.now() - begun;
}
