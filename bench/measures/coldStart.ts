/** Cold starts: from before the process is started until it has answered its first request, with the first call to the cloud in it. */
import { type Case, cases } from "../world/cases.ts";
import { firstAnswer, type Target } from "../world/instance.ts";
import type { BenchRequest } from "../world/requests.ts";
import type { World } from "../world/world.ts";
import { type Measure, type Measured, median, type Row, ratios, rounded } from "./measure.ts";

interface Start {
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly peakMiB: number;
}

const HELLO: BenchRequest = { method: "GET", path: "/" };

/** @param rounds each target is started once in a round, hello among them, in an order that changes */
export function coldStart(rounds: number, only?: string): Measure {
  return { name: "coldStart", run: (world) => measureStarts(world, rounds, only) };
}

async function measureStarts(world: World, rounds: number, only = ""): Promise<Measured> {
  const chosen = cases.filter(({ name }) => name.includes(only));
  const starts = new Map<string, Start[]>();
  const start = async (name: string, target: Target, request: BenchRequest) => {
    starts.set(name, [...(starts.get(name) ?? []), await firstAnswer(world.run, target, request)]);
  };
  for (let round = 0; round < rounds; round++) {
    const turns = [
      () => start("hello", world.hello, HELLO),
      () => start("node:http", world.bare, HELLO),
      ...chosen.map((one) => () => start(one.name, world.target(one.function), one.request(world.subjects))),
    ];
    // Another one is first in each round, so that none profits from its place.
    for (let turn = 0; turn < turns.length; turn++) await turns[(turn + round) % turns.length]?.();
  }
  const hello = starts.get("hello") ?? [];
  const rowOf = (name: string, one?: Case): Row => {
    const mine = starts.get(name) ?? [];
    return {
      name,
      ...ratios(
        mine.map(({ wallMs }) => wallMs),
        hello.map(({ wallMs }) => wallMs),
      ),
      ...(one?.cold === undefined ? {} : { goal: { atMost: one.cold } }),
      also: {
        "CPU ÷ hello": rounded(
          median(mine.map(({ cpuMs }) => cpuMs)) / median(hello.map(({ cpuMs }) => cpuMs)),
        ),
        ms: Math.round(median(mine.map(({ wallMs }) => wallMs))),
        MiB: Math.round(median(mine.map(({ peakMiB }) => peakMiB))),
      },
    };
  };
  return {
    title: "Cold start",
    reference: "hello",
    says: "Time from starting the process to its first answer, as a multiple of a hello function's in the same round.",
    rows: [rowOf("hello"), rowOf("node:http"), ...chosen.map((one) => rowOf(one.name, one))],
  };
}
