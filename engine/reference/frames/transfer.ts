/**
 * The curves between light and signal. A signal goes from 0 to 1. Light is relative: 1 is the white of standard video, and for high
 * dynamic range the reference white of ITU-R BT.2408, 203 cd/m², so that highlights are above 1.
 */

const REFERENCE_WHITE = 203;

export interface TransferCurve {
  /** Light of a signal. */
  decode(signal: number): number;
  /** Signal of a light. */
  encode(light: number): number;
}

/** ITU-R BT.709 and BT.2020: both have this curve (BT.2020, table 4, in the precision of 10 bits). */
export const videoCurve: TransferCurve = {
  decode: (signal) => (signal < 0.081 ? signal / 4.5 : ((signal + 0.099) / 1.099) ** (1 / 0.45)),
  encode: (light) => (light < 0.018 ? light * 4.5 : 1.099 * light ** 0.45 - 0.099),
};

/** IEC 61966-2-1, sRGB. */
export const srgbCurve: TransferCurve = {
  decode: (signal) => (signal <= 0.04045 ? signal / 12.92 : ((signal + 0.055) / 1.055) ** 2.4),
  encode: (light) => (light <= 0.0031308 ? light * 12.92 : 1.055 * light ** (1 / 2.4) - 0.055),
};

/** Light that is stored as it is. */
export const linearCurve: TransferCurve = { decode: (signal) => signal, encode: (light) => light };

const M1 = 2610 / 16384;
const M2 = (2523 / 4096) * 128;
const C1 = 3424 / 4096;
const C2 = (2413 / 4096) * 32;
const C3 = (2392 / 4096) * 32;

/** The perceptual quantizer of ITU-R BT.2100, table 4. Its light is that of the display. */
export const pqCurve: TransferCurve = {
  decode(signal) {
    const root = signal ** (1 / M2);
    const light = (Math.max(0, root - C1) / (C2 - C3 * root)) ** (1 / M1);
    return (light * 10_000) / REFERENCE_WHITE;
  },
  encode(light) {
    const power = ((Math.max(0, light) * REFERENCE_WHITE) / 10_000) ** M1;
    return ((C1 + C2 * power) / (1 + C3 * power)) ** M2;
  },
};

const A = 0.17883277;
const B = 1 - 4 * A;
const C = 0.5 - A * Math.log(4 * A);

/** Hybrid log-gamma of ITU-R BT.2100, table 5. Its light is that of the scene, from 0 to 1: `displayLight` comes after it. */
export const hlgCurve: TransferCurve = {
  decode: (signal) => (signal <= 0.5 ? signal ** 2 / 3 : (Math.exp((signal - C) / A) + B) / 12),
  encode: (light) => (light <= 1 / 12 ? Math.sqrt(3 * light) : A * Math.log(12 * light - B) + C),
};

/** The peak of a display for which HLG is drawn and PQ is mostly graded: 1,000 cd/m². */
export const PEAK = 1000 / REFERENCE_WHITE;

/** By what an HLG scene's light of this luminance (0 to 1) is multiplied to be a display's (BT.2100: gamma 1.2 at 1,000 cd/m²). */
export function displayLight(luminance: number): number {
  return luminance > 0 ? PEAK * luminance ** 0.2 : 0;
}

/** Up to here tone mapping changes nothing. */
const UNTOUCHED = 0.5;

/**
 * Brings light from 0 to `PEAK` into 0 to 1: dark and middle tones stay, white stays just below the highlights. The curve "mobius"
 * of FFmpeg's filter `tonemap`; what is brighter than the peak is cut.
 */
export function toneMapped(light: number): number {
  if (light <= UNTOUCHED) return light;
  return Math.min(1, (SCALE * (light + SHIFT)) / (light + BEND));
}

const SHIFT = (-(UNTOUCHED ** 2) * (PEAK - 1)) / (UNTOUCHED ** 2 - 2 * UNTOUCHED + PEAK);
const BEND = (UNTOUCHED ** 2 - 2 * UNTOUCHED * PEAK + PEAK) / (PEAK - 1);
const SCALE = (BEND + UNTOUCHED) ** 2 / (BEND - SHIFT);
