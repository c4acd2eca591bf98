/** What a sensor recorded while a game was played, as `reverie.session/1`: JSON of at most 64 MiB. */
import { z } from "zod";

export const SAMPLES_SCHEMA = "reverie.session/1";

export const UNITS = ["deg", "deg_s", "adc12", "percent", "newton"] as const;
export const CHANNEL_ROLES = ["angle", "force"] as const;
export type Unit = (typeof UNITS)[number];
export type ChannelRole = (typeof CHANNEL_ROLES)[number];

const MAX_CHANNELS = 32;
const RATE_HZ = { min: 10, max: 1000 };
/** A rate that is estimated from times may be off by this part. */
const RATE_TOLERANCE = 0.05;
const MAX_SECONDS = 3600;
/** A longer pause between two samples, in seconds, is a gap: nothing is known of it. */
export const GAP_SECONDS = 0.5;
const MAX_CUES = 10_000;
/** An hour at 1,000 samples a second has half of it, its times included; more would take more memory than an instance has. */
const MAX_NUMBERS = 8_000_000;
/** The largest value of a 12-bit converter. */
const ADC12_MAX = 4095;
/** No sensor measures more, in any unit, and no clock says so many ms; the squares of larger numbers may have no end. */
const MOST = 1e15;

/** One channel: `values[i]` was measured at the session's time i. */
export interface Channel {
  readonly name: string;
  /** What the values are in now: `adc12` became `percent`. */
  readonly unit: Exclude<Unit, "adc12">;
  readonly role: ChannelRole;
  readonly values: Float64Array;
}

/** Times are in seconds, of the recording's own clock. */
export interface Samples {
  /** Times of the samples, which never fall; null when they are `1 / rate` apart, from 0. */
  readonly times: Float64Array | null;
  /** Samples per second, between gaps. */
  readonly rate: number;
  /** Samples that the rate promises from the first to the last, those that are missing included. */
  readonly expected: number;
  readonly channels: readonly Channel[];
  readonly cues: readonly number[];
}

/** The samples can't be used. `path` is that of the first fault, with dots, as in `channels.0.v.17`; empty for the whole. */
export class SamplesFaultError extends Error {
  readonly path: string;

  constructor(path: string, expected: string) {
    super(path === "" ? expected : `${path}: ${expected}`);
    this.name = "SamplesFaultError";
    this.path = path;
  }
}

const finite = z.number();
/** Its elements are looked at one by one, since there may be millions. */
const list = z.custom<readonly unknown[]>(Array.isArray, "expected an array");

const fileSchema = z.object({
  schema: z.literal(SAMPLES_SCHEMA).optional(),
  sampleRateHz: finite.min(RATE_HZ.min).max(RATE_HZ.max).optional(),
  t: list.optional(),
  channels: z
    .array(
      z.object({
        name: z
          .string()
          .min(1)
          .max(64)
          .refine(
            (name) => name.isWellFormed() && !/\p{Cc}/u.test(name),
            "expected text without control characters",
          ),
        unit: z.enum(UNITS),
        role: z.enum(CHANNEL_ROLES),
        v: list,
        calibration: z.object({ min: finite, max: finite }).optional(),
      }),
    )
    .min(1)
    .max(MAX_CHANNELS),
  cues: z
    .array(z.object({ t: finite }))
    .max(MAX_CUES)
    .optional(),
});
type FileChannel = z.infer<typeof fileSchema>["channels"][number];

/**
 * Reads `reverie.session/1`. Fields that are not known are ignored. Raw values of a 12-bit converter (`adc12`) become percent: of its
 * calibration's range if there is one, else of the converter's.
 * @param text JSON
 * @throws SamplesFaultError with the path of the first fault
 */
export function parseSamples(text: string): Samples {
  const parsed = fileSchema.safeParse(parseJson(text));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new SamplesFaultError(issue?.path.map(String).join(".") ?? "", issue?.message ?? "not readable");
  }
  const { sampleRateHz, t, channels, cues = [] } = parsed.data;
  if ((sampleRateHz === undefined) === (t === undefined)) {
    throw new SamplesFaultError(
      t === undefined ? "sampleRateHz" : "t",
      "expected either sampleRateHz or t, and not both",
    );
  }
  const times = t === undefined ? null : readTimes(t);
  const length = times?.length ?? channels[0]?.v.length ?? 0;
  const read = channels.map((channel, index) => readChannel(channel, index, length, channels));
  const pace = times === null ? { rate: sampleRateHz ?? 0, expected: length } : paceOf(times);
  if (length / pace.rate > MAX_SECONDS + 1) {
    throw new SamplesFaultError("channels.0.v", `expected at most ${MAX_SECONDS} seconds`);
  }
  return { times, ...pace, channels: read, cues: cues.map((cue) => cue.t / 1000) };
}

/**
 * Some programs write NaN and Infinity, which JSON doesn't have. They are read as null, so that the fault has a path.
 * @throws SamplesFaultError when it is no JSON otherwise either
 */
function parseJson(text: string): unknown {
  if (countCommas(text) > MAX_NUMBERS)
    throw new SamplesFaultError("", `expected at most ${MAX_NUMBERS} numbers`);
  try {
    return JSON.parse(text);
  } catch {
    try {
      return JSON.parse(text.replace(/(?<=[[,:\s])[-+]?(?:NaN|Infinity)(?=[\s,\]}])/gi, "null"));
    } catch {
      throw new SamplesFaultError("", "expected JSON");
    }
  }
}

function countCommas(text: string): number {
  let count = 0;
  for (let at = text.indexOf(","); at >= 0; at = text.indexOf(",", at + 1)) count += 1;
  return count;
}

function readTimes(t: readonly unknown[]): Float64Array {
  const times = readNumbers(t, "t");
  for (let i = 0; i < times.length; i++) times[i] = (times[i] ?? 0) / 1000;
  for (let i = 1; i < times.length; i++) {
    if ((times[i] ?? 0) < (times[i - 1] ?? 0)) {
      throw new SamplesFaultError(`t.${i}`, "expected a time that is not before the one before it");
    }
  }
  if ((times.at(-1) ?? 0) - (times[0] ?? 0) > MAX_SECONDS) {
    throw new SamplesFaultError(`t.${times.length - 1}`, `expected at most ${MAX_SECONDS} seconds`);
  }
  return times;
}

function readChannel(
  channel: FileChannel,
  index: number,
  length: number,
  all: readonly FileChannel[],
): Channel {
  const { name, unit, role, v, calibration } = channel;
  const path = `channels.${index}`;
  if (all.findIndex((other) => other.name === name) !== index) {
    throw new SamplesFaultError(`${path}.name`, "expected a name that no other channel has");
  }
  if (v.length !== length || length < 2) {
    throw new SamplesFaultError(
      `${path}.v`,
      `expected ${Math.max(2, length)} values, as many as there are times`,
    );
  }
  const values = readNumbers(v, `${path}.v`);
  if (calibration && !isRange(calibration)) {
    throw new SamplesFaultError(`${path}.calibration`, "expected min to be below max");
  }
  if (unit !== "adc12") return { name, unit, role, values };
  const { min, max } = calibration ?? { min: 0, max: ADC12_MAX };
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? 0;
    if (value < 0 || value > ADC12_MAX) {
      throw new SamplesFaultError(`${path}.v.${i}`, `expected a value from 0 to ${ADC12_MAX}`);
    }
    values[i] = (100 * (value - min)) / (max - min);
  }
  return { name, unit: "percent", role, values };
}

function readNumbers(list: readonly unknown[], path: string): Float64Array {
  const numbers = new Float64Array(list.length);
  for (let i = 0; i < list.length; i++) {
    const value = list[i];
    if (typeof value !== "number" || !Number.isFinite(value)) {
      throw new SamplesFaultError(`${path}.${i}`, "expected a finite number");
    }
    if (!isMeasurable(value)) throw new SamplesFaultError(`${path}.${i}`, `expected at most ${MOST}`);
    numbers[i] = value;
  }
  return numbers;
}

function isRange({ min, max }: { min: number; max: number }): boolean {
  return isMeasurable(min) && isMeasurable(max) && max - min > 1 / MOST;
}

function isMeasurable(value: number): boolean {
  return Math.abs(value) <= MOST;
}

/**
 * The rate of samples whose times jitter and of which some are lost: the mean of the distances that are about as long as the median. The times
 * of a sensor that sends its samples in bursts have a median of almost 0: then the mean of all but gaps counts.
 */
function paceOf(times: Float64Array): { rate: number; expected: number } {
  const distances = Float64Array.from(
    { length: times.length - 1 },
    (_, i) => (times[i + 1] ?? 0) - (times[i] ?? 0),
  ).sort();
  const median = distances[distances.length >> 1] ?? 0;
  const all = meanWithin(distances, 0, GAP_SECONDS);
  const period = median < all / 2 ? all : meanWithin(distances, median / 2, median * 1.5);
  const rate = 1 / period;
  if (!(rate >= RATE_HZ.min * (1 - RATE_TOLERANCE) && rate <= RATE_HZ.max * (1 + RATE_TOLERANCE))) {
    throw new SamplesFaultError("t", `expected ${RATE_HZ.min} to ${RATE_HZ.max} samples a second`);
  }
  return { rate, expected: Math.round(((times.at(-1) ?? 0) - (times[0] ?? 0)) * rate) + 1 };
}

function meanWithin(sorted: Float64Array, min: number, max: number): number {
  const from = sorted.findIndex((value) => value >= min);
  const end = sorted.findLastIndex((value) => value <= max) + 1;
  return sorted.subarray(from, end).reduce((sum, value) => sum + value, 0) / (end - from);
}
