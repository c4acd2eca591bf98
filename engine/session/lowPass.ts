/** Movements of a hand hardly have anything above this, in Hz; noise has. */
const CUTOFF_HZ = 6;
/** The cut-off of slow recordings, as a part of their rate: half of it is the most that they can have. */
const MOST_OF_RATE = 0.4;

/**
 * A second-order Butterworth low-pass at 6 Hz, run forwards and backwards, so that nothing is shifted in time (zero phase; at 6 Hz the
 * amplitude is halved). The coefficients are those of the bilinear transform with the cut-off's frequency kept. The ends are continued by their
 * reflection through the last value, and each run begins as if its first value had always been there, so that they don't ring.
 * Source: D. A. Winter, Biomechanics and Motor Control of Human Movement, 4th ed. 2009, chapter 3.4.4; Gustafsson 1996 for the ends.
 * @param rate samples a second. Below 15 a second the cut-off is lower: 0.4 times the rate
 * @param cutoff in Hz
 */
export function lowPass(values: Float64Array, rate: number, cutoff = CUTOFF_HZ): Float64Array {
  const length = values.length;
  const pad = Math.min(length - 1, Math.ceil((3 * rate) / cutoff));
  if (pad < 1) return values.slice();
  const first = values[0] ?? 0;
  const last = values[length - 1] ?? 0;
  const extended = new Float64Array(length + 2 * pad);
  extended.set(values, pad);
  for (let i = 1; i <= pad; i++) {
    extended[pad - i] = 2 * first - (values[i] ?? 0);
    extended[pad + length - 1 + i] = 2 * last - (values[length - 1 - i] ?? 0);
  }
  const filter = butterworth(Math.min(cutoff, MOST_OF_RATE * rate), rate);
  run(extended, filter);
  extended.reverse();
  run(extended, filter);
  extended.reverse();
  return extended.slice(pad, pad + length);
}

interface Filter {
  /** Numerator; the first and the last are equal, the middle one is twice as large. */
  readonly b0: number;
  readonly a1: number;
  readonly a2: number;
}

function butterworth(cutoff: number, rate: number): Filter {
  const k = Math.tan((Math.PI * cutoff) / rate);
  const scale = 1 / (1 + Math.SQRT2 * k + k * k);
  return { b0: k * k * scale, a1: 2 * (k * k - 1) * scale, a2: (1 - Math.SQRT2 * k + k * k) * scale };
}

/** In place, as a transposed direct form II. */
function run(values: Float64Array, { b0, a1, a2 }: Filter): void {
  const first = values[0] ?? 0;
  let second = (b0 - a2) * first;
  let next = (2 * b0 - a1) * first + second;
  for (let i = 0; i < values.length; i++) {
    const x = values[i] ?? 0;
    const y = b0 * x + next;
    next = 2 * b0 * x - a1 * y + second;
    second = b0 * x - a2 * y;
    values[i] = y;
  }
}
