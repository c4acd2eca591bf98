import type { Clock } from "#shared/platform/clock.ts";

/**
 * A point in time in whole microseconds since 1970, as exact as Cloud Tasks keeps them. Exact in a JavaScript number until the
 * year 2255.
 */
export type Micros = number;

export const MICROS_PER_MS = 1000;

export const nowMicros = (clock: Clock): Micros => clock().getTime() * MICROS_PER_MS;

/** google.protobuf.Timestamp on the way out. */
export const timestampMessage = (at: Micros): { seconds: number; nanos: number } => {
  const seconds = Math.floor(at / 1e6);
  return { seconds, nanos: (at - seconds * 1e6) * 1000 };
};

/** google.protobuf.Duration on the way out. */
export const durationMessage = (ms: number): { seconds: number; nanos: number } => ({
  seconds: Math.floor(ms / 1000),
  nanos: Math.round((ms % 1000) * 1e6),
});
