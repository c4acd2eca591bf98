/** Recordings of a hand that moves as one says, as a sensor would have made them: for the demo, tests and benches. */

/** The way of minimum jerk from 0 to 1. Source: T. Flash, N. Hogan, Journal of Neuroscience 5(7), 1985. */
export function minimumJerk(part: number): number {
  const x = Math.min(1, Math.max(0, part));
  return x ** 3 * (10 - 15 * x + 6 * x * x);
}

/** Its speed for a way of 1 in a second. */
export function minimumJerkSpeed(part: number): number {
  return part <= 0 || part >= 1 ? 0 : 30 * part ** 2 * (1 - part) ** 2;
}

/** Numbers from 0 to 1 that are the same each time (Mulberry32). */
export function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export interface Recording {
  readonly repetitions: number;
  readonly amplitude: number;
  /** Seconds of a way out, and of the way back. */
  readonly way: number;
  /** Seconds from one cue to the next. */
  readonly period: number;
  /** Seconds from a cue to the movement. */
  readonly reaction: number;
  /** Samples a second. */
  readonly rate: number;
  /** Standard deviation, in the amplitude's unit. */
  readonly noise: number;
  /** A sample's time is off by at most so many ms. */
  readonly jitter: number;
  /** The part of the samples that is lost. */
  readonly lost: number;
  readonly seed: number;
}

const usual: Recording = {
  repetitions: 20,
  amplitude: 60,
  way: 0.6,
  period: 2.5,
  reaction: 0.35,
  rate: 100,
  noise: 0,
  jitter: 0,
  lost: 0,
  seed: 1,
};

/** A file of `reverie.session/1` with one angle, and when each movement began; seconds. */
export function recording(overrides: Partial<Recording> = {}) {
  const all = { ...usual, ...overrides };
  const random = randomNumbers(all.seed);
  const gauss = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const cues = Array.from({ length: all.repetitions }, (_, i) => 1 + i * all.period);
  const starts = cues.map((cue) => cue + all.reaction);
  const position = (time: number) => {
    const begun = starts.findLast((start) => start <= time);
    if (begun === undefined) return 0;
    return (
      all.amplitude * (minimumJerk((time - begun) / all.way) - minimumJerk((time - begun) / all.way - 1.1))
    );
  };
  const t: number[] = [];
  const v: number[] = [];
  const samples = (2 + all.repetitions * all.period) * all.rate;
  for (let i = 0; i < samples; i++) {
    const time = (i * 1000) / all.rate + all.jitter * (2 * random() - 1);
    if (random() < all.lost || time < (t.at(-1) ?? Number.NEGATIVE_INFINITY)) continue;
    t.push(time);
    v.push(position(time / 1000) + all.noise * gauss());
  }
  const file = {
    schema: "reverie.session/1",
    t,
    channels: [{ name: "wrist", unit: "deg", role: "angle", v }],
    cues: cues.map((cue) => ({ t: cue * 1000 })),
  };
  return { file, starts };
}
