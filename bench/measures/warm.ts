/** Warm speed: requests over 32 connections that stay open, to instances that have answered as many as a round has before. */
import { Agent, request as httpRequest } from "node:http";
import { freePort, LOOPBACK } from "#local/processes/ports.ts";
import { cases } from "../world/cases.ts";
import { endInstance, type Instance, startInstance, type Target } from "../world/instance.ts";
import type { BenchRequest } from "../world/requests.ts";
import type { World } from "../world/world.ts";
import { type Measure, type Measured, median, type Row, ratios, rounded } from "./measure.ts";

const CONNECTIONS = 32;
/** Longer than this no round lasts, in milliseconds. */
const ROUND_MS = 4_000;

interface Speed {
  readonly perSecond: number;
  readonly cpuMs: number;
  readonly memoryMiB: number;
}

/**
 * @param rounds of each target; a hello function that started with it is loaded right before each, since V8 makes both faster as they go on
 * @param requests of one round at most
 */
export function warm(rounds: number, requests: number, only?: string): Measure {
  return { name: "warm", run: (world) => measureSpeeds(world, rounds, requests, only) };
}

async function measureSpeeds(world: World, rounds: number, requests: number, only = ""): Promise<Measured> {
  const helloRequest = (): BenchRequest => ({ method: "GET", path: "/" });
  const rows: Row[] = [];
  const helloCpu: number[] = [];
  const measureOne = async (
    target: Target,
    request: () => BenchRequest,
  ): Promise<Pick<Row, "ratio" | "spread" | "also">> => {
    const hello = await startInstance(world.run, world.hello, await freePort());
    const instance = await startInstance(world.run, target, await freePort());
    try {
      await load(hello, helloRequest, requests);
      await load(instance, request, requests);
      const speeds: Speed[] = [];
      const references: Speed[] = [];
      for (let round = 0; round < rounds; round++) {
        references.push(await load(hello, helloRequest, requests));
        speeds.push(await load(instance, request, requests));
      }
      helloCpu.push(...references.map(({ cpuMs }) => cpuMs));
      return {
        ...ratios(
          speeds.map(({ perSecond }) => perSecond),
          references.map(({ perSecond }) => perSecond),
        ),
        also: {
          "CPU ÷ hello": rounded(
            median(speeds.map(({ cpuMs }) => cpuMs)) / median(references.map(({ cpuMs }) => cpuMs)),
          ),
          "CPU ms per request": rounded(median(speeds.map(({ cpuMs }) => cpuMs))),
          MiB: Math.round(Math.max(...speeds.map(({ memoryMiB }) => memoryMiB))),
        },
      };
    } finally {
      await Promise.all([endInstance(instance), endInstance(hello)]);
    }
  };
  rows.push({ name: "node:http", ...(await measureOne(world.bare, helloRequest)) });
  for (const one of cases) {
    if (one.warm === undefined || !one.name.includes(only)) continue;
    rows.push({
      name: one.name,
      ...(await measureOne(world.target(one.function), () => one.request(world.subjects))),
      goal: { atLeast: one.warm },
    });
  }
  return {
    title: "Warm speed",
    reference: "hello",
    says: `Requests a second over ${CONNECTIONS} connections, as a multiple of a hello function's in the round before (${rounded(median(helloCpu))} ms of CPU each).`,
    rows,
  };
}

/** Sends as many requests as said, or for as long as a round lasts, each on the first connection that is free. */
async function load(instance: Instance, make: () => BenchRequest, count: number): Promise<Speed> {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const cpuBefore = instance.cpuMs();
  const begun = performance.now();
  let sent = 0;
  const lane = async () => {
    while (sent < count && performance.now() - begun < ROUND_MS) {
      sent += 1;
      await send(instance.port, make(), agent);
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, lane));
  const seconds = (performance.now() - begun) / 1000;
  agent.destroy();
  return {
    perSecond: sent / seconds,
    cpuMs: (instance.cpuMs() - cpuBefore) / sent,
    memoryMiB: instance.memoryMiB(),
  };
}

function send(port: number, { method, path, headers, body }: BenchRequest, agent: Agent): Promise<void> {
  return new Promise((resolve, reject) => {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const asked = httpRequest(
      {
        ...{ host: LOOPBACK, port, method, path, agent },
        headers: {
          ...headers,
          ...(text === undefined
            ? {}
            : { "content-type": "application/json", "content-length": Buffer.byteLength(text) }),
        },
      },
      (response) => {
        response.resume();
        response.on("end", () => {
          const status = response.statusCode ?? 0;
          if (status < 300) resolve();
          else reject(new Error(`${method} ${path} answered ${status}`));
        });
      },
    );
    asked.on("error", reject);
    asked.end(text);
  });
}
