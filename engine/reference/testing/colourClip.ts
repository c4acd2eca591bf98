/**
 * Small videos of six patches of known colours, coded in every way that ITU-T H.273 names. The formulas here are those of the standards,
 * from colours to numbers; the engine has the way back, and nothing of its own is used here.
 */
import { type Footage, writeFootage } from "../footage.ts";

/** What the patches show in sRGB: three above, three below. None is so bright that tone mapping would change it. */
export const patches = [
  [178, 40, 40],
  [40, 160, 48],
  [124, 124, 124],
  [44, 60, 172],
  [186, 186, 186],
  [176, 160, 40],
] as const;

export type Matrix =
  | "unknown"
  | "bt709"
  | "fcc"
  | "bt470bg"
  | "smpte170m"
  | "smpte240m"
  | "ycgco"
  | "bt2020nc"
  | "bt2020c"
  | "chroma-derived-nc"
  | "chroma-derived-c"
  | "ictcp"
  | "gbr";

export interface ColourClip extends Partial<Omit<Footage, "frames" | "drawnAs">> {
  readonly matrix?: Matrix;
  readonly transfer?: "bt709" | "iec61966-2-1" | "smpte2084" | "arib-std-b67";
  readonly primaries?: "bt709" | "bt2020" | "smpte432";
  readonly range?: "tv" | "pc";
  /** Whether the file says what its numbers mean. */
  readonly named?: boolean;
  /** What is drawn of the patches, in parts of the whole: all when absent. What is beyond them is black. */
  readonly part?: Part;
  readonly pictures?: number;
}

interface Part {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

const WHOLE: Part = { left: 0, top: 0, width: 1, height: 1 };

/** Writes three pictures of the patches. `width` and `height` are those of the stored pictures, before any turn. */
export async function makeColourClip(path: string, clip: ColourClip): Promise<void> {
  const { width = 66, height = 44, matrix = "bt709", transfer = "bt709", primaries = "bt709" } = clip;
  const {
    range = "tv",
    named = true,
    turn = 0,
    mirrored = false,
    part = WHOLE,
    pictures = 3,
    ...footage
  } = clip;
  const coded = patches.map((patch) => numbersOf(patch, { matrix, transfer, primaries, range }));
  const pixels = draw({ width, height, turn, mirrored, part }, coded);
  const words = { colorspace: matrix, color_trc: transfer, color_primaries: primaries, color_range: range };
  await writeFootage(path, {
    ...footage,
    ...{ width, height, turn, mirrored },
    drawnAs: matrix === "gbr" ? "gbrp16le" : "yuv444p16le",
    encoderOptions: { ...(named ? words : {}), ...footage.encoderOptions },
    frames: Array.from({ length: pictures }, (_, index) => ({ timeSeconds: index / 25, pixels })),
  });
}

type Triple = readonly [number, number, number];

/** Where a patch of the shown picture is in the stored one, drawn as planes of 16 bits. */
function draw(
  picture: { width: number; height: number; turn: number; mirrored: boolean; part: Part },
  coded: readonly Triple[],
): Buffer {
  const { width, height, turn, mirrored, part } = picture;
  const count = width * height;
  const planes = new Uint16Array(3 * count);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const across = part.left + (part.width * (x + 0.5)) / width;
      const down = part.top + (part.height * (y + 0.5)) / height;
      const [u, v] = shownAt(across, down, turn, mirrored);
      const [a, b, c] = coded[Math.floor(u * 3) + 3 * Math.floor(v * 2)] ?? [0, 0, 0];
      planes[y * width + x] = a;
      planes[count + y * width + x] = b;
      planes[2 * count + y * width + x] = c;
    }
  }
  return Buffer.from(planes.buffer);
}

/** Mirrors, then turns clockwise, as a player does with the stored picture. */
function shownAt(x: number, y: number, turn: number, mirrored: boolean): readonly [number, number] {
  const u = mirrored ? 1 - x : x;
  if (turn === 90) return [1 - y, u];
  if (turn === 180) return [1 - u, 1 - y];
  return turn === 270 ? [y, 1 - u] : [u, y];
}

interface Meaning {
  readonly matrix: Matrix;
  readonly transfer: NonNullable<ColourClip["transfer"]>;
  readonly primaries: NonNullable<ColourClip["primaries"]>;
  readonly range: "tv" | "pc";
}

function numbersOf(patch: Triple, meaning: Meaning): Triple {
  if (meaning.matrix === "gbr") return [257 * patch[1], 257 * patch[2], 257 * patch[0]];
  const [one, two, three] = signalsOf(patch, meaning);
  const pc = meaning.range === "pc";
  // As 8 bits in the upper half of 16, which is how FFmpeg widens them.
  const luma = pc ? 255 * one : 16 + 219 * one;
  const difference = (value: number) => 128 + (pc ? 255 : 224) * value;
  const number = (value: number) => Math.min(65_535, Math.max(0, Math.round(256 * value)));
  return [number(luma), number(difference(two)), number(difference(three))];
}

function signalsOf(patch: Triple, { matrix, transfer, primaries }: Meaning): Triple {
  const signal = patch.map((value) => value / 255);
  const direct = transfer === "bt709" || transfer === "iec61966-2-1";
  if (direct && primaries === "bt709" && !CONSTANT.has(matrix)) return coded(signal, matrix, transfer);
  const light = times(
    signal.map(transfer === "bt709" ? fromVideo : fromSrgb),
    primaries === "bt709" ? ONE : primaries === "bt2020" ? TO_BT2020 : TO_P3,
  );
  const scene = transfer === "arib-std-b67" ? sceneOf(light) : light;
  const encode = encoders[transfer];
  if (CONSTANT.has(matrix)) return constantLuminance(scene, transfer);
  if (matrix === "ictcp") {
    return times(times(scene, CONES).map(encode), transfer === "smpte2084" ? ICTCP_PQ : ICTCP_HLG);
  }
  return coded(scene.map(encode), matrix, transfer);
}

const CONSTANT: ReadonlySet<Matrix> = new Set(["bt2020c", "chroma-derived-c"]);

/** Red's and blue's share of luma, ITU-T H.273, table 4. */
const shares: Readonly<Record<string, readonly [number, number]>> = {
  bt709: [0.2126, 0.0722],
  fcc: [0.3, 0.11],
  bt470bg: [0.299, 0.114],
  smpte170m: [0.299, 0.114],
  smpte240m: [0.212, 0.087],
  bt2020nc: [0.2627, 0.0593],
};

function coded([r = 0, g = 0, b = 0]: readonly number[], matrix: Matrix, transfer: string): Triple {
  if (matrix === "ycgco") return [(r + 2 * g + b) / 4, (2 * g - r - b) / 4, (r - b) / 2];
  const high = transfer === "smpte2084" || transfer === "arib-std-b67";
  // What isn't said is BT.601 in pictures of this size, and BT.2020 in high dynamic range; derived ones are of the primaries.
  const usual = { unknown: high ? "bt2020nc" : "bt470bg", "chroma-derived-nc": high ? "bt2020nc" : "bt709" };
  const name = matrix === "unknown" || matrix === "chroma-derived-nc" ? usual[matrix] : matrix;
  const [red, blue] = shares[name] ?? [0.2627, 0.0593];
  const luma = red * r + (1 - red - blue) * g + blue * b;
  return [luma, (b - luma) / (2 * (1 - blue)), (r - luma) / (2 * (1 - red))];
}

function constantLuminance([r = 0, g = 0, b = 0]: readonly number[], transfer: Meaning["transfer"]): Triple {
  const encode = encoders[transfer];
  const peak = transfer === "smpte2084" ? 10_000 / 203 : 1;
  const [red, blue] = [0.2627, 0.0593];
  const luma = encode(red * r + (1 - red - blue) * g + blue * b);
  const difference = (signal: number, share: number) => {
    const [negative, positive] = [encode((1 - share) * peak), 1 - encode(share * peak)];
    return (signal - luma) / (2 * (signal < luma ? negative : positive));
  };
  return [luma, difference(encode(b), blue), difference(encode(r), red)];
}

function fromSrgb(signal: number): number {
  return signal <= 0.04045 ? signal / 12.92 : ((signal + 0.055) / 1.055) ** 2.4;
}

function fromVideo(signal: number): number {
  return signal < 0.081 ? signal / 4.5 : ((signal + 0.099) / 1.099) ** (1 / 0.45);
}

/** Light, of which 1 is 203 cd/m², to signals. */
const encoders: Readonly<Record<Meaning["transfer"], (light: number) => number>> = {
  bt709: (light) => (light < 0.018 ? 4.5 * light : 1.099 * light ** 0.45 - 0.099),
  "iec61966-2-1": (light) => (light <= 0.0031308 ? 12.92 * light : 1.055 * light ** (1 / 2.4) - 0.055),
  smpte2084: (light) => {
    const y = (Math.max(0, light) * 203) / 10_000;
    return (
      ((0.8359375 + 18.8515625 * y ** 0.1593017578125) / (1 + 18.6875 * y ** 0.1593017578125)) ** 78.84375
    );
  },
  "arib-std-b67": (light) =>
    light <= 1 / 12 ? Math.sqrt(3 * light) : 0.17883277 * Math.log(12 * light - 0.28466892) + 0.55991073,
};

/** Undoes the system gamma of a display of 1,000 cd/m² (ITU-R BT.2100, table 5). */
function sceneOf(light: Triple): Triple {
  const display = light.map((value) => (value * 203) / 1000);
  const [r = 0, g = 0, b = 0] = display;
  const luminance = 0.2627 * r + 0.678 * g + 0.0593 * b;
  const factor = luminance > 0 ? luminance ** ((1 - 1.2) / 1.2) : 0;
  return [r * factor, g * factor, b * factor];
}

type Rows = readonly [Triple, Triple, Triple];

function times([x = 0, y = 0, z = 0]: readonly number[], [one, two, three]: Rows): Triple {
  const row = ([a, b, c]: Triple) => a * x + b * y + c * z;
  return [row(one), row(two), row(three)];
}

const ONE: Rows = [
  [1, 0, 0],
  [0, 1, 0],
  [0, 0, 1],
];
/** ITU-R BT.2087: BT.709 to BT.2020. */
const TO_BT2020: Rows = [
  [0.6274, 0.3293, 0.0433],
  [0.0691, 0.9195, 0.0114],
  [0.0164, 0.088, 0.8956],
];
/** BT.709 to Display P3. */
const TO_P3: Rows = [
  [0.822462, 0.177538, 0],
  [0.033194, 0.966806, 0],
  [0.017083, 0.072397, 0.91052],
];
const CONES: Rows = [
  [1688 / 4096, 2146 / 4096, 262 / 4096],
  [683 / 4096, 2951 / 4096, 462 / 4096],
  [99 / 4096, 309 / 4096, 3688 / 4096],
];
const ICTCP_PQ: Rows = [
  [0.5, 0.5, 0],
  [6610 / 4096, -13613 / 4096, 7003 / 4096],
  [17933 / 4096, -17390 / 4096, -543 / 4096],
];
const ICTCP_HLG: Rows = [
  [0.5, 0.5, 0],
  [3625 / 4096, -7465 / 4096, 3840 / 4096],
  [9500 / 4096, -9212 / 4096, -288 / 4096],
];

/** The middle of each patch of a shown picture, in the order of `patches`; `rgb` without padding. */
export function seenPatches(rgb: Uint8Array, width: number, height: number): readonly Triple[] {
  return patches.map((_, index) => {
    const [x, y] = [((index % 3) + 0.5) / 3, (Math.floor(index / 3) + 0.5) / 2];
    const at = (Math.floor(y * height) * width + Math.floor(x * width)) * 3;
    return [rgb[at] ?? 0, rgb[at + 1] ?? 0, rgb[at + 2] ?? 0] as const;
  });
}
