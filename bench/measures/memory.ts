/** The memory of an instance of each function: after usual requests, and at its most with as many of the largest at once as the manifest gives it. */
import { freePort, LOOPBACK } from "#local/processes/ports.ts";
import { functions, MEMORY } from "#shared/manifest.ts";
import { functionNames } from "#tools/build/functions.ts";
import { endInstance, startInstance, type Target } from "../world/instance.ts";
import { type BenchRequest, largest, requests } from "../world/requests.ts";
import type { World } from "../world/world.ts";
import type { Listed, Measure } from "./measure.ts";

const ROUNDS = 3;
/** Usual requests before the memory is read, in all. */
const USUAL = 500;
/** Functions without a Firestore client of their own at the start. */
const SQL_ONLY: ReadonlySet<string> = new Set(["auth", "groups", "library"]);
/** Functions whose requests take seconds: streams stay open, a run of `sweep` does all repairs, and `workshop` asks an engine's API that isn't there. */
const FEW: ReadonlySet<string> = new Set(["streams", "sweep", "workshop"]);
const GOAL_MIB = { sql: 110, documents: 160 };

export function memory(only?: string): Measure {
  return { name: "memory", run: (world) => measureMemory(world, only) };
}

interface Measured {
  readonly startMiB: number;
  readonly loadedMiB: number;
  readonly peakMiB: number;
}

async function measureMemory(world: World, only = ""): Promise<Listed> {
  const hello = await measureOne(world, world.hello, [{ method: "GET", path: "/" }], undefined, 1);
  const data: Record<string, Measured> = {};
  const lines: (string | number)[][] = [];
  for (const name of functionNames) {
    if (!name.includes(only)) continue;
    const { concurrency, memoryMiB } = functions[name];
    const usual = requests[name](world.subjects);
    const [first] = usual;
    const body = first && largest(name, first);
    const measured = await measureOne(world, world.target(name), usual, body, concurrency);
    data[name] = measured;
    const { startMiB, loadedMiB, peakMiB } = measured;
    const goal = SQL_ONLY.has(name) ? GOAL_MIB.sql : GOAL_MIB.documents;
    const ofHello = (loadedMiB / hello.loadedMiB).toFixed(1);
    lines.push([name, concurrency, startMiB, loadedMiB, `≤ ${goal}`, ofHello, peakMiB, memoryMiB]);
  }
  return {
    title: "Memory",
    says: `Resident memory of one instance in MiB; a function that only says hello has ${hello.loadedMiB} after as many requests. The manifest's memory is the smallest of 512 and 1024 that is at least ${MEMORY.headroom} times the peak; \`workshop\` has 1024 for the largest session, which is a measure of its own.`,
    head: ["", "at once", "started", "loaded", "goal", "loaded ÷ hello", "peak", "`memoryMiB`"],
    lines,
    elsewhere: [],
    data,
  };
}

async function measureOne(
  world: World,
  target: Target,
  usual: readonly BenchRequest[],
  largestBody: BenchRequest | undefined,
  concurrency: number,
): Promise<Measured> {
  const instance = await startInstance(world.run, target, await freePort());
  try {
    const startMiB = Math.round(instance.memoryMiB());
    const atOnce = Math.min(concurrency, 32);
    const rounds = FEW.has(target.name) ? ROUNDS : USUAL / atOnce / usual.length;
    await load(instance.port, usual, { atOnce, rounds });
    const loadedMiB = Math.round(instance.memoryMiB());
    const all = largestBody ? [...usual, largestBody] : usual;
    await load(instance.port, all, { atOnce: concurrency, rounds: ROUNDS });
    return { startMiB, loadedMiB, peakMiB: Math.ceil(instance.peakMiB()) };
  } finally {
    await endInstance(instance);
  }
}

/** Sends each request as many times at once, and again. Streams stay open until all of a round have their answer. */
async function load(
  port: number,
  all: readonly BenchRequest[],
  { atOnce, rounds }: { atOnce: number; rounds: number },
): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    for (const request of all) {
      const ending = new AbortController();
      await Promise.all(Array.from({ length: atOnce }, () => send(port, request, ending.signal)));
      ending.abort();
    }
  }
}

async function send(port: number, request: BenchRequest, signal: AbortSignal): Promise<void> {
  const { method, path, headers, body } = request;
  const response = await fetch(`http://${LOOPBACK}:${port}${path}`, {
    method,
    headers: { ...headers, ...(body === undefined ? {} : { "content-type": "application/json" }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal,
  });
  const isStream = response.headers.get("content-type")?.startsWith("text/event-stream") ?? false;
  if (!isStream) await response.arrayBuffer();
}
