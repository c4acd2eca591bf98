/**
 * How good the estimates are that people are shown: a day of a busy queue is simulated with the estimator itself, and each estimate
 * at submission is compared with the real time. Durations are log-normal around half an hour, arrivals random.
 *
 * `node bench/queue-estimates/main.ts [--jobs 2000] [--seed 1]`
 */
import { parseArgs } from "node:util";
import { type KindPace, median, startsInSeconds } from "#shared/queue/estimate.ts";

const { values } = parseArgs({
  options: { jobs: { type: "string", default: "2000" }, seed: { type: "string", default: "1" } },
});
const JOBS = Number(values.jobs);
const LATELY = 25;
const USUAL_SECONDS = 1800;

console.log(`${JOBS} jobs each; errors of the time shown at submission, against the real one`);
console.log("engines   load   spread   waited p50      start: error p50   p90       done: error p50   p90");
for (const engines of [1, 4, 16]) {
  for (const load of [0.7, 0.95]) for (const spread of [0.2, 0.6]) report(engines, load, spread);
}

interface Estimate {
  readonly start: number;
  readonly done: number;
}

function report(engines: number, load: number, spread: number): void {
  const random = generator(Number(values.seed));
  const errors = { start: [] as number[], done: [] as number[] };
  const waits: number[] = [];
  const freeAt = Array.from({ length: engines }, () => ({
    at: 0,
    startedAt: undefined as number | undefined,
  }));
  /** Jobs in line with when they came and what was promised. */
  const line: { came: number; promised: Estimate }[] = [];
  const took: { endedAt: number; seconds: number }[] = [];
  let now = 0;

  const startNext = (engine: (typeof freeAt)[number], at: number) => {
    const job = line.shift();
    if (!job) {
      engine.startedAt = undefined;
      return;
    }
    const seconds = USUAL_SECONDS * Math.exp(spread * normal(random));
    engine.startedAt = at;
    engine.at = at + seconds;
    took.push({ endedAt: engine.at, seconds });
    waits.push(at - job.came);
    errors.start.push(Math.abs(at - job.promised.start));
    errors.done.push(Math.abs(engine.at - job.promised.done));
  };
  const runUntil = (time: number) => {
    for (;;) {
      const next = freeAt
        .filter((engine) => engine.startedAt !== undefined && engine.at <= time)
        .sort((a, b) => a.at - b.at)[0];
      if (!next) return;
      startNext(next, next.at);
    }
  };

  for (let index = 0; index < JOBS; index++) {
    now += (-Math.log(1 - random()) * USUAL_SECONDS * Math.exp(spread ** 2 / 2)) / (engines * load);
    runUntil(now);
    const lately = took
      .filter((job) => job.endedAt <= now)
      .sort((a, b) => b.endedAt - a.endedAt)
      .slice(0, LATELY);
    const running = freeAt.flatMap(({ startedAt }) => (startedAt === undefined ? [] : [now - startedAt]));
    const pace: KindPace = {
      took: lately.length > 0 ? lately.map((job) => job.seconds) : [USUAL_SECONDS],
      running,
      idle: engines - running.length,
    };
    const start = now + startsInSeconds(pace, line.length + 1);
    line.push({ came: now, promised: { start, done: start + median(pace.took) } });
    const idle = freeAt.find((engine) => engine.startedAt === undefined);
    if (idle) startNext(idle, now);
  }
  const share = (list: number[], at: number) =>
    minutes(list.sort((a, b) => a - b)[Math.floor((list.length - 1) * at)] ?? 0);
  console.log(
    `${String(engines).padStart(7)} ${load.toFixed(2).padStart(6)} ${spread.toFixed(1).padStart(8)} ${share(waits, 0.5).padStart(12)} ` +
      `${share(errors.start, 0.5).padStart(21)} ${share(errors.start, 0.9).padStart(8)} ${share(errors.done, 0.5).padStart(17)} ${share(errors.done, 0.9).padStart(8)}`,
  );
}

function minutes(seconds: number): string {
  return `${(seconds / 60).toFixed(1)} min`;
}

/** Mulberry32, so that a run can be repeated. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Box and Muller. */
function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
