/**
 * The most memory that an instance of each function has, under as many requests at once as the manifest gives it. See README.md.
 *
 * `node bench/memory/main.ts [--port-base 19300]` writes `results.json`.
 */
import { writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { freePort, LOOPBACK } from "#local/processes/ports.ts";
import { functions } from "#shared/manifest.ts";
import { functionNames } from "#tools/build/functions.ts";
import { endInstance, startInstance } from "../world/instance.ts";
import { type BenchRequest, largest, requests } from "../world/requests.ts";
import { openWorld, type World } from "../world/world.ts";

const ROUNDS = 3;
const { values } = parseArgs({ options: { "port-base": { type: "string", default: "19300" } } });

/** Sends one request. @returns its status; the body of a stream is left open until `signal` */
async function send(port: number, request: BenchRequest, signal: AbortSignal): Promise<number> {
  const { method, path, headers, body } = request;
  const response = await fetch(`http://${LOOPBACK}:${port}${path}`, {
    method,
    headers: { ...headers, ...(body === undefined ? {} : { "content-type": "application/json" }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal,
  });
  const isStream = response.headers.get("content-type")?.startsWith("text/event-stream") ?? false;
  if (!isStream) await response.arrayBuffer();
  return response.status;
}

/** Sends each request as many times at once as the instance serves, and again. @returns how often each status came, by request */
async function load(port: number, all: readonly BenchRequest[], concurrency: number) {
  const counts: Record<string, Record<string, number>> = {};
  for (let round = 0; round < ROUNDS; round++) {
    for (const request of all) {
      const ending = new AbortController();
      const statuses = await Promise.all(
        Array.from({ length: concurrency }, () => send(port, request, ending.signal)),
      );
      ending.abort();
      const size = JSON.stringify(request.body ?? "").length > 100_000 ? " (largest body)" : "";
      const what = `${request.method} ${request.path}${size}`;
      const ofRequest = counts[what] ?? {};
      counts[what] = ofRequest;
      for (const status of statuses) ofRequest[status] = (ofRequest[status] ?? 0) + 1;
    }
  }
  return counts;
}

async function measureHello({ run, hello }: World): Promise<number> {
  const instance = await startInstance(run, hello, await freePort());
  await load(instance.port, [{ method: "GET", path: "/" }], 1);
  const peakMiB = instance.peakMiB();
  await endInstance(instance);
  return peakMiB;
}

const world = await openWorld(Number(values["port-base"]));
try {
  const hello = await measureHello(world);
  const measured: Record<string, { startMiB: number; peakMiB: number; ofHello: number }> = {};
  for (const name of functionNames) {
    const { concurrency } = functions[name];
    const instance = await startInstance(world.run, world.target(name), await freePort());
    const startMiB = Math.round(instance.peakMiB());
    const usual = requests[name](world.subjects);
    const bodies = usual.slice(0, 1).map((request) => largest(name, request));
    const answers = await load(instance.port, [...usual, ...bodies], concurrency);
    const peakMiB = Math.ceil(instance.peakMiB());
    await endInstance(instance);
    measured[name] = { startMiB, peakMiB, ofHello: Number((peakMiB / hello).toFixed(1)) };
    console.log(JSON.stringify({ name, concurrency, ...measured[name], answers }));
  }
  const results = {
    cores: availableParallelism(),
    node: process.version,
    helloMiB: Math.ceil(hello),
    functions: measured,
  };
  const file = fileURLToPath(new URL("./results.json", import.meta.url));
  writeFileSync(file, `${JSON.stringify(results, null, 2)}\n`);
} finally {
  await world.close();
}
