/** The queue: what the next lease reads, how soon an engine that sleeps has a job, and leases a second beside graphile-worker. */
import type { Firestore } from "@google-cloud/firestore";
import { countDocuments } from "#local/testing/countDocuments.ts";
import { createFirestore } from "#shared/platform/firestore/client.ts";
import { createRestFirestore } from "#shared/platform/firestore/rest/client.ts";
import { bareCommits, countConflicts, emptyLine, engineDepsOf, leaseOne } from "../queue/engines.ts";
import { GraphileQueue } from "../queue/graphileWorker.ts";
import { clearFirestore, fillLine } from "../queue/line.ts";
import { rungWaits } from "../queue/rungEngine.ts";
import type { World } from "../world/world.ts";
import { type Measure, type Measured, median, quantile, type Row, ratios, rounded } from "./measure.ts";

const PROJECT = "demo-bench-queue";
/** How many jobs wait when the next lease is counted. */
const LINES = [100, 10_000, 100_000];
const LEASES_COUNTED = 3;
const SUBMISSIONS = 100;
const ENGINES = [1, 4, 16];
const JOBS = 160;

/** @param rounds of each number of engines, beside graphile-worker with as many workers */
export function queue(rounds: number, only?: string): Measure {
  return { name: "queue", run: (world) => measureQueue(world, rounds, only) };
}

async function measureQueue(world: World, rounds: number, only = ""): Promise<Measured> {
  const emulator = world.target("jobs").env.FIRESTORE_EMULATOR_HOST ?? "";
  process.env.FIRESTORE_EMULATOR_HOST = emulator;
  process.env.METADATA_SERVER_DETECTION ??= "none";
  const graphile = await GraphileQueue.open(await world.database("graphile"));
  const rows: Row[] = [];
  const turns: [string, () => Promise<Row[]>][] = [
    ["documents for the next lease", () => countedLeases(emulator)],
    ["submitted to leased", () => submittedToLeased(world, graphile)],
    ...ENGINES.map((engines): (typeof turns)[number] => [
      `leases a second, ${engines} engines`,
      async () => [await leasesPerSecond(engines, rounds, emulator, graphile)],
    ]),
  ];
  try {
    for (const [name, turn] of turns) if (name.includes(only)) rows.push(...(await turn()));
  } finally {
    await graphile.close();
  }
  return {
    title: "Queue",
    reference: "100 waiting, or graphile-worker",
    says: [
      "The documents that the next lease reads, as a multiple of those at 100 waiting jobs.",
      "The time from sending a submission until an engine that was asleep has the lease, by its ring and through three functions, as a multiple of the time that an idle worker of graphile-worker takes to begin a job.",
      "Jobs a second that engines lease and complete, as a multiple of graphile-worker's with as many workers; `bare` are the commits of as many documents without anything else, so ours ÷ bare is the part of the time that the emulator's writes take. Refused commits are those that met another engine's, for a job or for the record of the account that all share.",
    ].join(" "),
    rows,
  };
}

async function countedLeases(emulator: string): Promise<Row[]> {
  await clearFirestore(emulator, PROJECT);
  const firestore = createFirestore({ GOOGLE_CLOUD_PROJECT: PROJECT });
  const deps = engineDepsOf(firestore);
  const rows: Row[] = [];
  let waiting = 0;
  let fewest = 0;
  try {
    for (const line of LINES) {
      await fillLine(firestore, line - waiting, waiting);
      waiting = line - LEASES_COUNTED;
      for (let lease = 0; lease < LEASES_COUNTED; lease++) {
        const counter = countDocuments(firestore);
        const found = await leaseOne("counted", deps);
        const { reads, writes, calls } = counter.stop();
        if (found === undefined) throw new Error("no job was leased");
        fewest ||= reads;
        const ratio = rounded(reads / fewest);
        if (lease > 0) continue;
        rows.push({
          name: `documents, ${line} waiting`,
          ...{ ratio, spread: [ratio, ratio], goal: { atMost: 1 } },
          also: { reads, writes, calls },
        });
      }
    }
  } finally {
    await firestore.terminate();
    await clearFirestore(emulator, PROJECT);
  }
  return rows;
}

async function submittedToLeased(world: World, graphile: GraphileQueue): Promise<Row[]> {
  await graphile.waits(20);
  const references = await graphile.waits(SUBMISSIONS);
  const waits = (await rungWaits(world, SUBMISSIONS + 20)).slice(20);
  const row = (name: string, share: number): Row => {
    const leased = waits.map((wait) => wait.leased);
    const ratio = rounded(quantile(leased, share) / quantile(references, share));
    return {
      name,
      ...{ ratio, spread: [ratio, ratio] },
      also: {
        ms: rounded(quantile(leased, share)),
        "graphile-worker ms": rounded(quantile(references, share)),
        "answered ms": rounded(
          quantile(
            waits.map(({ answered }) => answered),
            share,
          ),
        ),
      },
    };
  };
  return [row("submitted to leased, p50", 0.5), row("submitted to leased, p99", 0.99)];
}

/** A job that was done, and what stands for the smaller documents beside it. */
async function sizesOf(firestore: Firestore): Promise<{ job: object; small: object }> {
  const [done] = (await firestore.collection("jobs").where("state", "==", "succeeded").limit(1).get()).docs;
  const [record] = (await firestore.collection("idempotency").limit(1).get()).docs;
  if (!done || !record) throw new Error("no job was done");
  return { job: done.data(), small: record.data() };
}

async function leasesPerSecond(
  engines: number,
  rounds: number,
  emulator: string,
  graphile: GraphileQueue,
): Promise<Row> {
  const mine: number[] = [];
  const references: number[] = [];
  const bare: number[] = [];
  const cpu: number[] = [];
  let lost = 0;
  for (let round = 0; round < rounds; round++) {
    await clearFirestore(emulator, PROJECT);
    const firestore = createRestFirestore({ GOOGLE_CLOUD_PROJECT: PROJECT });
    await fillLine(firestore, JOBS);
    const conflicts = countConflicts(firestore);
    references.push(JOBS / (await graphile.emptyLine(engines, JOBS)));
    const before = process.cpuUsage();
    mine.push(JOBS / (await emptyLine(engines, JOBS, engineDepsOf(firestore))));
    const used = process.cpuUsage(before);
    cpu.push((used.user + used.system) / 1_000 / JOBS);
    lost += conflicts.take();
    bare.push(JOBS / (await bareCommits(engines, JOBS, await sizesOf(firestore), firestore)));
  }
  await clearFirestore(emulator, PROJECT);
  return {
    name: `${engines} ${engines === 1 ? "engine" : "engines"}`,
    ...ratios(mine, references),
    also: {
      "a second": rounded(1_000 * median(mine)),
      "graphile-worker a second": rounded(1_000 * median(references)),
      "bare a second": rounded(1_000 * median(bare)),
      "own CPU ms": rounded(median(cpu)),
      "refused commits per job": rounded(lost / rounds / JOBS),
    },
  };
}
