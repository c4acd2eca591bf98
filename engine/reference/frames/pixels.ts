import { AV_FRAME_FLAG_INTERLACED } from "node-av/constants";
import type { Frame } from "node-av/lib";
import { type Colour, colourOf } from "./colour.ts";
import { FilterChain } from "./filterChain.ts";
import { type Planes, toSrgb } from "./srgb.ts";
import { type Turn, upright } from "./turn.ts";

/** Pixels in sRGB, three bytes each, lines from top to bottom without padding. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly rgb: Buffer;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

/**
 * A decoded frame in sRGB: without combs, scaled to `size` as it is stored, then turned. High dynamic range is brought down, what is
 * transparent becomes white. FFmpeg only scales and turns; what the numbers mean is worked out here, because FFmpeg's own conversions
 * fail or crash on some of what cameras write.
 */
export function pixelsOf(frame: Frame, size: Size, turn: Turn): Pixels {
  const colour = colourOf(frame);
  const { width, height } = turn.sideways ? { width: size.height, height: size.width } : size;
  return { width, height, rgb: toSrgb(planesOf(frame, size, colour, turn), colour) };
}

/** The frame's numbers as planes of one size: without combs, scaled to `size`, then turned. */
export function planesOf(frame: Frame, size: Size, colour: Colour, turn: Turn = upright): Planes {
  const { width, height } = turn.sideways ? { width: size.height, height: size.width } : size;
  using chain = new FilterChain(stepsOf(frame, size, colour, turn), frame);
  using planar = chain.run(frame);
  const bytes = planar.toBuffer();
  const count = width * height;
  // A Buffer from a pool may begin at an odd place, where 16-bit numbers can't.
  const aligned = bytes.byteOffset % 2 === 0 ? bytes : Buffer.from(new Uint8Array(bytes).buffer);
  const plane = (index: number) =>
    new Uint16Array(aligned.buffer, aligned.byteOffset + index * count * 2, count);
  return {
    width,
    height,
    planes: [plane(0), plane(1), plane(2)],
    ...(colour.alpha ? { alpha: plane(3) } : {}),
  };
}

/** Fills each field's missing lines from that field alone: there is only this one picture. */
const NO_COMBS = "estdif=mode=frame:deint=all";

function stepsOf(frame: Frame, { width, height }: Size, { coding, alpha }: Colour, turn: Turn): string {
  const family = coding.type === "rgb" ? "gbr" : "yuv";
  const [plain, withAlpha] = { gbr: ["gbrp16le", "gbrap16le"], yuv: ["yuv444p16le", "yuva444p16le"] }[family];
  return [
    frame.hasFlags(AV_FRAME_FLAG_INTERLACED) ? NO_COMBS : "",
    `scale=${width}:${height}:flags=area+accurate_rnd:in_range=pc:out_range=pc`,
    `format=${alpha ? withAlpha : plain}`,
    turn.filter,
  ]
    .filter((step) => step !== "")
    .join(",");
}
