/** From the numbers of a picture to sRGB. Every step works on one line of the picture: three numbers for each pixel. */
import { bt2020, type Colour, type LumaShares, toBt709 } from "./colour.ts";
import { inverse, type Matrix3 } from "./matrix3.ts";
import {
  displayLight,
  hlgCurve,
  linearCurve,
  pqCurve,
  srgbCurve,
  type TransferCurve,
  toneMapped,
  videoCurve,
} from "./transfer.ts";

/** Three planes of one size, 16 bits for each number: luma, blue and red difference; or green, blue and red. */
export interface Planes {
  readonly width: number;
  readonly height: number;
  readonly planes: readonly [Uint16Array, Uint16Array, Uint16Array];
  /** How much of the picture is there, full range; what isn't becomes white. */
  readonly alpha?: Uint16Array;
}

/** A step from one meaning of a line's numbers to the next, in place. */
type Step = (line: Float32Array) => void;

/** Red, green and blue of each pixel in sRGB, a byte each, lines from top to bottom without padding. */
export function toSrgb(picture: Planes, colour: Colour): Buffer {
  const { width, height, alpha } = picture;
  const steps = stepsOf(colour);
  const read = reader(picture, colour);
  const line = new Float32Array(width * 3);
  const pixels = Buffer.allocUnsafe(width * height * 3);
  for (let y = 0; y < height; y++) {
    read(line, y * width);
    for (const step of steps) step(line);
    const opaque = alpha?.subarray(y * width, (y + 1) * width);
    write(line, opaque, pixels.subarray(y * width * 3, (y + 1) * width * 3));
  }
  return pixels;
}

const curves = { video: videoCurve, srgb: srgbCurve, linear: linearCurve, pq: pqCurve, hlg: hlgCurve };

/** ITU-R BT.2100, table 7: light in BT.2020 to the cones' light. */
const toCones: Matrix3 = [
  [1688 / 4096, 2146 / 4096, 262 / 4096],
  [683 / 4096, 2951 / 4096, 462 / 4096],
  [99 / 4096, 309 / 4096, 3688 / 4096],
];
/** The same table: the cones' signals to ICtCp. */
const toIctcp: Readonly<Record<"pq" | "hlg", Matrix3>> = {
  pq: [
    [0.5, 0.5, 0],
    [6610 / 4096, -13613 / 4096, 7003 / 4096],
    [17933 / 4096, -17390 / 4096, -543 / 4096],
  ],
  hlg: [
    [0.5, 0.5, 0],
    [3625 / 4096, -7465 / 4096, 3840 / 4096],
    [9500 / 4096, -9212 / 4096, -288 / 4096],
  ],
};

function stepsOf({ coding, transfer, primaries }: Colour): readonly Step[] {
  const curve = curves[transfer];
  const high = transfer === "pq" || transfer === "hlg";
  const toLight = lookup(curve.decode);
  const steps: Step[] = [];
  switch (coding.type) {
    case "rgb":
      steps.push(toLight);
      break;
    case "luma":
      steps.push(multiply(lumaToRgb(coding.shares)), toLight);
      break;
    case "ycgco":
      steps.push(multiply(YCGCO), toLight);
      break;
    case "constantLuminance":
      steps.push(constantLuminance(coding.shares, curve, toLight));
      break;
    case "ictcp":
      steps.push(
        multiply(inverse(toIctcp[transfer === "hlg" ? "hlg" : "pq"])),
        toLight,
        multiply(inverse(toCones)),
      );
  }
  if (transfer === "hlg") steps.push(fromSceneToDisplay);
  if (high) steps.push(mapTones);
  if (primaries !== "bt709") steps.push(multiply(toBt709[primaries]));
  // Standard video is shown on an sRGB screen as it is, so its own curve brings it back.
  const shown = transfer === "video" ? videoCurve : srgbCurve;
  // Between signal and light and back there is nothing to do for most pictures.
  if (steps.at(-1) === toLight && shown === curve) steps.pop();
  else steps.push(lookup(shown.encode));
  return steps;
}

/** Inverts Y = Kr·R + Kg·G + Kb·B and its two differences, scaled to ±½ (ITU-T H.273, 8.3). */
function lumaToRgb({ red, blue }: LumaShares): Matrix3 {
  const green = 1 - red - blue;
  return [
    [1, 0, 2 * (1 - red)],
    [1, (-2 * blue * (1 - blue)) / green, (-2 * red * (1 - red)) / green],
    [1, 2 * (1 - blue), 0],
  ];
}

/** ITU-T H.273, matrix 8: Cg comes where blue's difference usually is, Co in the place of red's. */
const YCGCO: Matrix3 = [
  [1, -1, 1],
  [1, 1, 0],
  [1, -1, -1],
];

function multiply([[a, b, c], [d, e, f], [g, h, i]]: Matrix3): Step {
  return (line) => {
    for (let at = 0; at < line.length; at += 3) {
      const x = line[at] ?? 0;
      const y = line[at + 1] ?? 0;
      const z = line[at + 2] ?? 0;
      line[at] = a * x + b * y + c * z;
      line[at + 1] = d * x + e * y + f * z;
      line[at + 2] = g * x + h * y + i * z;
    }
  };
}

const LOOKUP = 16_384;

/** Applies a function of numbers from 0 to 1 by a table; numbers outside are taken for the nearest inside. */
function lookup(compute: (value: number) => number): Step {
  // The square root of the place: dark tones, where the curves are steep, get the finer steps.
  const table = Float32Array.from({ length: LOOKUP + 1 }, (_, place) => compute((place / LOOKUP) ** 2));
  return (line) => {
    for (let at = 0; at < line.length; at++) {
      const value = Math.min(1, Math.max(0, line[at] ?? 0));
      line[at] = table[Math.round(Math.sqrt(value) * LOOKUP)] ?? 0;
    }
  };
}

/**
 * Constant luminance (ITU-T H.273, 8.3, matrices 10 and 13): luma was made from light, and the differences have another scale on
 * either side of zero. Gives light.
 */
function constantLuminance({ red, blue }: LumaShares, curve: TransferCurve, toLight: Step): Step {
  const top = curve.encode(curve.decode(1));
  const share = (value: number) => curve.encode(value * curve.decode(1)) / top;
  const negative = { red: 2 * share(1 - red), blue: 2 * share(1 - blue) };
  const positive = { red: 2 * (1 - share(red)), blue: 2 * (1 - share(blue)) };
  const green = 1 - red - blue;
  return (line) => {
    for (let at = 0; at < line.length; at += 3) {
      const y = line[at] ?? 0;
      const cb = line[at + 1] ?? 0;
      const cr = line[at + 2] ?? 0;
      line[at] = y + cr * (cr < 0 ? negative.red : positive.red);
      line[at + 1] = y;
      line[at + 2] = y + cb * (cb < 0 ? negative.blue : positive.blue);
    }
    toLight(line);
    for (let at = 0; at < line.length; at += 3) {
      const luminance = line[at + 1] ?? 0;
      line[at + 1] = (luminance - red * (line[at] ?? 0) - blue * (line[at + 2] ?? 0)) / green;
    }
  };
}

function fromSceneToDisplay(line: Float32Array): void {
  const green = 1 - bt2020.red - bt2020.blue;
  for (let at = 0; at < line.length; at += 3) {
    const r = line[at] ?? 0;
    const g = line[at + 1] ?? 0;
    const b = line[at + 2] ?? 0;
    const factor = displayLight(bt2020.red * r + green * g + bt2020.blue * b);
    line[at] = r * factor;
    line[at + 1] = g * factor;
    line[at + 2] = b * factor;
  }
}

/** By the strongest of the three, so that the hue stays. */
function mapTones(line: Float32Array): void {
  for (let at = 0; at < line.length; at += 3) {
    const r = line[at] ?? 0;
    const g = line[at + 1] ?? 0;
    const b = line[at + 2] ?? 0;
    const most = Math.max(r, g, b);
    if (most <= 0) continue;
    const factor = toneMapped(most) / most;
    line[at] = r * factor;
    line[at + 1] = g * factor;
    line[at + 2] = b * factor;
  }
}

/** Gives what fills a line with a line's numbers: luma or colours from 0 to 1, differences from −½ to ½. */
function reader({ width, planes: [one, two, three] }: Planes, { coding, fullRange, depth }: Colour) {
  // Numbers of fewer bits are in the upper bits of the 16.
  const unit = 2 ** (16 - depth);
  const most = (2 ** depth - 1) * unit;
  const black = fullRange ? 0 : 16 * 256;
  const lumaScale = 1 / (fullRange ? most : 219 * 256);
  const chromaScale = 1 / (fullRange ? most : 224 * 256);
  const rgb = coding.type === "rgb";
  return (line: Float32Array, from: number) => {
    for (let x = 0; x < width; x++) {
      const [a, b, c] = [one[from + x] ?? 0, two[from + x] ?? 0, three[from + x] ?? 0];
      line[3 * x] = rgb ? c / 65_535 : (a - black) * lumaScale;
      line[3 * x + 1] = rgb ? a / 65_535 : (b - 32_768) * chromaScale;
      line[3 * x + 2] = rgb ? b / 65_535 : (c - 32_768) * chromaScale;
    }
  };
}

function write(line: Float32Array, alpha: Uint16Array | undefined, pixels: Buffer): void {
  for (let at = 0; at < line.length; at++) {
    const value = line[at] ?? 0;
    const opaque = alpha ? (alpha[Math.floor(at / 3)] ?? 0) / 65_535 : 1;
    // Buffers wrap, so what is outside is cut here.
    pixels[at] = Math.min(255, Math.max(0, Math.round(255 * (value * opaque + 1 - opaque))));
  }
}
