/**
 * How good the estimates are that people are shown: a day of a busy queue is simulated with the estimator itself, and each estimate
 * at submission is compared with the real time. Durations are log-normal around half an hour, arrivals random.
 */
import { type KindPace, median, startsInSeconds } from "#shared/queue/estimate.ts";
import { type Measure, type Measured, quantile, type Row, rounded } from "./measure.ts";

const JOBS = 2_000;
/** Random numbers of a run that can be repeated. */
const SEED = 1;
const LATELY = 25;
const USUAL_SECONDS = 1800;

/** Needs no world: everything is simulated. */
export function estimates(only = ""): Measure {
  return { name: "estimates", runAlone: async () => measureEstimates(only) };
}

function measureEstimates(only: string): Measured {
  const rows: Row[] = [];
  for (const engines of [1, 4, 16]) {
    for (const load of [0.7, 0.95]) {
      for (const spread of [0.2, 0.6]) {
        const name = `${engines} ${engines === 1 ? "engine" : "engines"}, load ${load}, spread ${spread}`;
        if (name.includes(only)) rows.push({ name, ...errorsOf(engines, load, spread) });
      }
    }
  }
  return {
    title: "Estimates",
    reference: "the length of a job",
    says: `How far the time of the start that is shown at submission is from the real one, as a part of half an hour, which a job usually takes: the middle of ${JOBS} simulated jobs. Spread is sigma of how long jobs take, load is how busy the engines are.`,
    rows,
  };
}

interface Estimate {
  readonly start: number;
  readonly done: number;
}

function errorsOf(engines: number, load: number, spread: number): Omit<Row, "name"> {
  const random = generator(SEED);
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
  const part = (share: number) => rounded(quantile(errors.start, share) / USUAL_SECONDS);
  const minutes = (list: readonly number[], share: number) => rounded(quantile(list, share) / 60);
  return {
    ratio: part(0.5),
    spread: [part(0.1), part(0.9)],
    also: {
      "waited p50 min": minutes(waits, 0.5),
      "start p50 min": minutes(errors.start, 0.5),
      "start p90 min": minutes(errors.start, 0.9),
      "done p50 min": minutes(errors.done, 0.5),
      "done p90 min": minutes(errors.done, 0.9),
    },
  };
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
