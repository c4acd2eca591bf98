/**
 * How engines that ask for work at the same moment slow each other: they empty one line through the real lease operation on the
 * Firestore emulator. Measured: how long a request for work takes, and how many claims were lost to another engine for each that
 * was won; once as the code is, once with losers that always try the next in line.
 *
 * `node bench/queue-contention/main.ts [--engines 16] [--jobs 320]`
 */
import { randomBytes } from "node:crypto";
import { parseArgs } from "node:util";
import type { Firestore } from "@google-cloud/firestore";
import { leaseJobs } from "#functions/engine/leaseJobs.ts";
import { testFirestore } from "#local/testing/backends.ts";
import { memoryObjects } from "#local/testing/memoryObjects.ts";
import { kinds } from "#shared/kinds/index.ts";
import { scene } from "#shared/kinds/scene.ts";
import { randomId } from "#shared/platform/ids.ts";
import { silentLogger } from "#shared/platform/log/logger.ts";
import { jobsOf } from "#shared/queue/jobDocument.ts";
import { transition } from "#shared/queue/transition.ts";

const { values } = parseArgs({
  options: { engines: { type: "string", default: "16" }, jobs: { type: "string", default: "320" } },
});
const ENGINES = Number(values.engines);
const JOBS = Number(values.jobs);

const backend = await testFirestore();
const { firestore } = backend;
const lost = countLostClaims(firestore);
console.log(`${ENGINES} engines, ${JOBS} jobs, one at a time each; Firestore emulator`);
console.log("losers try      leases/s   p50 ms   p90 ms   max ms   lost claims per lease");
for (const [name, random] of [
  ["anywhere", Math.random],
  ["the next one", () => 0],
] as const) {
  await backend.clear();
  await fillLine();
  lost.count = 0;
  const startedAt = performance.now();
  const milliseconds = (
    await Promise.all(Array.from({ length: ENGINES }, (_, index) => drain(index, random)))
  ).flat();
  const seconds = (performance.now() - startedAt) / 1000;
  const sorted = milliseconds.sort((a, b) => a - b);
  const at = (share: number) => (sorted[Math.floor((sorted.length - 1) * share)] ?? 0).toFixed(0).padStart(8);
  const rate = (JOBS / seconds).toFixed(0).padStart(8);
  console.log(
    `${name.padEnd(14)} ${rate} ${at(0.5)} ${at(0.9)} ${at(1)} ${(lost.count / JOBS).toFixed(2).padStart(12)}`,
  );
}
await backend.drop();
process.exit();

async function fillLine(): Promise<void> {
  const writer = firestore.bulkWriter();
  for (let index = 0; index < JOBS; index++) {
    const submission = {
      kind: "scene",
      spaceId: "g",
      createdBy: "u",
      trace: "0af7651916cd43dd8448eb211c80319c",
      title: "t",
      params: {},
      inputs: {},
    };
    const submit = { type: "submit", submission, uploads: new Map(), spaceErased: false } as const;
    const rules = { ...scene, retentionDays: 90 };
    const outcome = transition(undefined, submit, new Date(1_770_000_000_000 + index), rules);
    if (outcome.verdict !== "changed") throw new Error("the job was not taken");
    const place = { tag: index, behindOwn: index > 0 };
    void writer.create(jobsOf(firestore).doc(randomId()), { ...outcome.job, place });
  }
  await writer.close();
}

/** One engine asking for one job after the other until the line is empty. @returns how long each request took, in milliseconds */
async function drain(engine: number, random: () => number): Promise<number[]> {
  const deps = {
    http: { log: silentLogger, newId: randomId, edge: "none" as const },
    firestore,
    kinds,
    clock: () => new Date(),
    log: silentLogger,
    randomBytes,
    random,
    tasks: { add: async () => "added" as const, remove: async () => {} },
    publisher: { publish: async () => {} },
    engines: [],
    backoffMaxSeconds: undefined,
    jobRetentionDays: 90,
    leaseSeconds: { min: 30, max: 3600 },
    pauseAfter: 10,
    leasesMax: 10_000,
    uploads: memoryObjects(),
    resources: memoryObjects(),
  };
  const body = { engineId: `e${engine}`, kinds: ["scene"], max: 1, leaseSeconds: 3600 };
  const took: number[] = [];
  for (;;) {
    const startedAt = performance.now();
    const leases = await leaseJobs({ caller: "bench", key: undefined, body }, deps);
    if (leases.length === 0) return took;
    took.push(performance.now() - startedAt);
  }
}

/** Counts commits that met another engine's. */
function countLostClaims(client: Firestore): { count: number } {
  const counter = { count: 0 };
  const make = client.batch.bind(client);
  client.batch = () => {
    const batch = make();
    const commit = batch.commit.bind(batch);
    batch.commit = async () => {
      try {
        return await commit();
      } catch (error) {
        counter.count += 1;
        throw error;
      }
    };
    return batch;
  };
  return counter;
}
