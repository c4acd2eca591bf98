/** How smooth a movement is, from its speed. Both figures are negative; the nearer to 0 the smoother. */

/** Parts of the largest amplitude that are below this are noise. */
const AMPLITUDE_THRESHOLD = 0.05;
const CUTOFF_HZ = 10;
/**
 * Points of the spectrum per 1 / duration: 4096 for the 200 samples of the published example, to which zeros were added up to four times the
 * next power of two.
 */
const RESOLUTION = 4096 / 200;
/** A speed below this part of the largest is rest; what rounding leaves of 0 is far below. */
const REST = 1e-9;

/**
 * Spectral arc length (SPARC): the length of the normalised amplitude spectrum's curve, from 0 Hz to the last frequency below 10 Hz
 * whose amplitude is at least 0.05 of the largest. It knows neither how fast nor how far the movement was.
 *
 * Source: S. Balasubramanian, A. Melendez-Calderon, A. Roby-Brami, E. Burdet, On the analysis of movement smoothness, Journal of
 * NeuroEngineering and Rehabilitation 12:112, 2015. There zeros are added up to a power of two, so that the same movement at another
 * pace has its last point elsewhere and gets another value (−1.392 to −1.408 for one of minimum jerk). Here the points are as close, relative to
 * the movement's length, as in the published example, for every length: a change over weeks is the movement's. Rest before and after is no
 * part of the length.
 * @param speed at least 2 values, equally apart, of one movement: n values last n / rate seconds
 * @param rate values a second
 * @returns null when the speed is 0 throughout
 */
export function sparc(speed: Float64Array, rate: number): number | null {
  const points = RESOLUTION * lengthWithoutRest(speed);
  const last = Math.floor((CUTOFF_HZ * points) / rate + 1e-9);
  const spectrum = new Float64Array(last + 1);
  let largest = 0;
  for (let k = 0; k <= last; k++) {
    spectrum[k] = amplitude(speed, (2 * Math.PI * k) / points);
    largest = Math.max(largest, spectrum[k] ?? 0);
  }
  if (!(largest > 0)) return null;
  const threshold = AMPLITUDE_THRESHOLD * largest;
  const from = spectrum.findIndex((value) => value >= threshold);
  const to = spectrum.findLastIndex((value) => value >= threshold);
  let length = 0;
  for (let k = from + 1; k <= to; k++) {
    length += Math.hypot(1 / (to - from), ((spectrum[k] ?? 0) - (spectrum[k - 1] ?? 0)) / largest);
  }
  return -length;
}

/** How many values the movement has: from the last one of the rest before it to the last one before it rests again. */
function lengthWithoutRest(speed: Float64Array): number {
  const rest = REST * speed.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const first = speed.findIndex((value) => Math.abs(value) > rest);
  const last = speed.findLastIndex((value) => Math.abs(value) > rest);
  return last + 1 - Math.max(0, first - 1);
}

/** The amplitude at one frequency, in radians a sample. So few are needed that no fast transform is. */
function amplitude(values: Float64Array, frequency: number): number {
  const turnX = Math.cos(frequency);
  const turnY = Math.sin(frequency);
  let x = 1;
  let y = 0;
  let real = 0;
  let imaginary = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? 0;
    real += value * x;
    imaginary += value * y;
    const turned = x * turnX - y * turnY;
    y = x * turnY + y * turnX;
    x = turned;
  }
  return Math.hypot(real, imaginary);
}

/**
 * Dimensionless jerk: the squared second derivative of the speed, summed over the movement, times duration³ / peak².
 * Source: N. Hogan, D. Sternad, Sensitivity of smoothness measures to movement duration, amplitude, and arrests, Journal of Motor
 * Behavior 41(6), 2009; with the peak of the speed as in Balasubramanian et al. 2015.
 * @param speed at least 3 values, equally apart. How far apart, and in what unit, cancels out
 * @returns null when the speed is 0 throughout
 */
export function dimensionlessJerk(speed: Float64Array): number | null {
  let peak = 0;
  for (const value of speed) peak = Math.max(peak, Math.abs(value));
  if (!(peak > 0)) return null;
  let sum = 0;
  for (let i = 1; i < speed.length - 1; i++) {
    const bend = ((speed[i - 1] ?? 0) - 2 * (speed[i] ?? 0) + (speed[i + 1] ?? 0)) / peak;
    sum += bend * bend;
  }
  // With bend · rate² as the derivative, 1 / rate as the step and length / rate as the duration the rate cancels out.
  return -(speed.length ** 3 * sum);
}

/**
 * Log dimensionless jerk (LDLJ): −ln |dimensionless jerk|. Sources as there.
 * @returns null when the speed is 0, or changes evenly, throughout
 */
export function logDimensionlessJerk(speed: Float64Array): number | null {
  const jerk = dimensionlessJerk(speed);
  return jerk === null || jerk === 0 ? null : -Math.log(-jerk);
}
