/** How the numbers of a decoded picture mean colours: what the frame says (ITU-T H.273), and what it means where it says nothing. */
import {
  AVCOL_PRI_BT2020,
  AVCOL_PRI_SMPTE431,
  AVCOL_PRI_SMPTE432,
  AVCOL_RANGE_JPEG,
  AVCOL_RANGE_MPEG,
  AVCOL_SPC_BT709,
  AVCOL_SPC_BT2020_CL,
  AVCOL_SPC_BT2020_NCL,
  AVCOL_SPC_CHROMA_DERIVED_CL,
  AVCOL_SPC_CHROMA_DERIVED_NCL,
  AVCOL_SPC_FCC,
  AVCOL_SPC_ICTCP,
  AVCOL_SPC_SMPTE240M,
  AVCOL_SPC_UNSPECIFIED,
  AVCOL_SPC_YCGCO,
  AVCOL_TRC_ARIB_STD_B67,
  AVCOL_TRC_IEC61966_2_1,
  AVCOL_TRC_LINEAR,
  AVCOL_TRC_SMPTE2084,
} from "node-av/constants";
import { avGetPixFmtName, type Frame } from "node-av/lib";
import type { Matrix3 } from "./matrix3.ts";

/** The share of red and of blue in luma; green has the rest. */
export interface LumaShares {
  readonly red: number;
  readonly blue: number;
}

export type Coding =
  | { readonly type: "rgb" }
  | { readonly type: "luma"; readonly shares: LumaShares }
  | { readonly type: "constantLuminance"; readonly shares: LumaShares }
  | { readonly type: "ictcp" }
  | { readonly type: "ycgco" };

export interface Colour {
  readonly coding: Coding;
  readonly transfer: "video" | "srgb" | "linear" | "pq" | "hlg";
  readonly primaries: "bt709" | "bt2020" | "p3";
  /** Whether black and white are the smallest and the largest number, not 16 and 235 of 255. */
  readonly fullRange: boolean;
  /** Bits of each number. */
  readonly depth: number;
  readonly alpha: boolean;
}

const bt601: LumaShares = { red: 0.299, blue: 0.114 };
const bt709: LumaShares = { red: 0.2126, blue: 0.0722 };
export const bt2020: LumaShares = { red: 0.2627, blue: 0.0593 };

const lumaShares: ReadonlyMap<number, LumaShares> = new Map([
  [AVCOL_SPC_BT709, bt709],
  [AVCOL_SPC_FCC, { red: 0.3, blue: 0.11 }],
  [AVCOL_SPC_SMPTE240M, { red: 0.212, blue: 0.087 }],
  [AVCOL_SPC_BT2020_NCL, bt2020],
]);

/** From light in these primaries to light in those of BT.709 and sRGB (white D65; ITU-R BT.2087 and SMPTE EG 432-1). */
export const toBt709: Readonly<Record<"bt2020" | "p3", Matrix3>> = {
  bt2020: [
    [1.660491, -0.587641, -0.07285],
    [-0.12455, 1.1329, -0.008349],
    [-0.018151, -0.100579, 1.11873],
  ],
  p3: [
    [1.22494, -0.22494, 0],
    [-0.042057, 1.042057, 0],
    [-0.019638, -0.078636, 1.098274],
  ],
};

/** What the numbers of `frame` mean. */
export function colourOf(frame: Frame): Colour {
  const format = avGetPixFmtName(frame.format as Parameters<typeof avGetPixFmtName>[0]) ?? "";
  const transfer = transferOf(frame.colorTrc);
  const rgb = !LUMA_FORMATS.test(format);
  const high = transfer === "pq" || transfer === "hlg";
  return {
    coding: rgb ? { type: "rgb" } : codingOf(frame, high),
    transfer,
    primaries: primariesOf(frame, high),
    fullRange: rgb || isFullRange(frame, format),
    depth: depthOf(format),
    alpha: ALPHA_FORMATS.test(format),
  };
}

/** Names of FFmpeg's pixel formats that store luma and chroma, or luma alone. */
const LUMA_FORMATS =
  /^(yuv|yvu|yuyv|yvyu|uyvy|uyyvyy|nv\d|p[0124]\d\d|y2\d\d|ayuv|vuy|uyva|vyu|xv\d\d|v30x|gray|ya\d)/;
const ALPHA_FORMATS = /^(yuva|ya\d|ayuv|vuya|uyva|gbrap|rgba|bgra|argb|abgr|pal8)/;
const GREY_FORMATS = /^(gray|ya\d)/;

function depthOf(format: string): number {
  const [, depth] = /(?:p|gray|y2|p0|p2|p4|xv|v)(9|10|12|14|16|30|36)(?:x?)(?:le|be|msb)/.exec(format) ?? [];
  if (depth === "30") return 10;
  return depth === "36" ? 12 : Number(depth ?? 8);
}

function isFullRange(frame: Frame, format: string): boolean {
  if (frame.colorRange === AVCOL_RANGE_JPEG) return true;
  if (frame.colorRange === AVCOL_RANGE_MPEG) return false;
  return format.startsWith("yuvj") || GREY_FORMATS.test(format);
}

function codingOf(frame: Frame, high: boolean): Coding {
  switch (frame.colorSpace) {
    case AVCOL_SPC_YCGCO:
      return { type: "ycgco" };
    case AVCOL_SPC_ICTCP:
      // Without one of the two curves it is defined for, the name is wrong.
      return high ? { type: "ictcp" } : { type: "luma", shares: bt2020 };
    case AVCOL_SPC_BT2020_CL:
    case AVCOL_SPC_CHROMA_DERIVED_CL:
      return { type: "constantLuminance", shares: bt2020 };
    case AVCOL_SPC_UNSPECIFIED:
      return { type: "luma", shares: unsaidShares(frame, high) };
    case AVCOL_SPC_CHROMA_DERIVED_NCL:
      return { type: "luma", shares: frame.colorPrimaries === AVCOL_PRI_BT2020 ? bt2020 : bt709 };
    default:
      return { type: "luma", shares: lumaShares.get(frame.colorSpace) ?? bt601 };
  }
}

/** Video that doesn't say how its colours were coded means BT.709 if it is high definition, BT.601 if it isn't. */
function unsaidShares({ width, height, colorPrimaries }: Frame, high: boolean): LumaShares {
  if (high || colorPrimaries === AVCOL_PRI_BT2020) return bt2020;
  return Math.min(width, height) >= 720 ? bt709 : bt601;
}

function transferOf(transfer: Frame["colorTrc"]): Colour["transfer"] {
  switch (transfer) {
    case AVCOL_TRC_SMPTE2084:
      return "pq";
    case AVCOL_TRC_ARIB_STD_B67:
      return "hlg";
    case AVCOL_TRC_LINEAR:
      return "linear";
    case AVCOL_TRC_IEC61966_2_1:
      return "srgb";
    default:
      return "video";
  }
}

/** The small differences between the primaries of old television and BT.709 are left, as players leave them. */
function primariesOf({ colorPrimaries }: Frame, high: boolean): Colour["primaries"] {
  if (colorPrimaries === AVCOL_PRI_BT2020) return "bt2020";
  if (colorPrimaries === AVCOL_PRI_SMPTE432 || colorPrimaries === AVCOL_PRI_SMPTE431) return "p3";
  return high ? "bt2020" : "bt709";
}
