import {
  AV_FRAME_FLAG_INTERLACED,
  AVCOL_SPC_UNSPECIFIED,
  AVCOL_TRC_ARIB_STD_B67,
  AVCOL_TRC_SMPTE2084,
} from "node-av/constants";
import type { Frame } from "node-av/lib";
import sharp from "sharp";
import { FilterChain } from "./filterChain.ts";
import type { DecodedPicture } from "./video.ts";

export interface Picture {
  readonly jpeg: Buffer;
  readonly width: number;
  readonly height: number;
}

/** JPEG quality of textures: beyond it files grow faster than what an eye in VR can see. */
const QUALITY = 82;

/**
 * A decoded picture as a person should see it: turned upright, square pixels, no combing, high dynamic range brought down to sRGB,
 * the longer side at most `longSide` pixels.
 */
export async function developPicture(picture: DecodedPicture, longSide: number): Promise<Picture> {
  const { width, height } = shownSize(picture, longSide);
  using chain = new FilterChain(developing(picture, width, height), picture.frame);
  using rgb = chain.run(picture.frame);
  const jpeg = await sharp(rgb.toBuffer(), { raw: { width, height, channels: 3 } })
    .jpeg({ quality: QUALITY, mozjpeg: false })
    .toBuffer();
  return { jpeg, width, height };
}

function shownSize({ frame, turn, pixelAspect }: DecodedPicture, longSide: number) {
  // Absurd pixel shapes come from broken headers.
  const aspect = Math.min(4, Math.max(0.25, pixelAspect));
  const wide = frame.width * Math.max(1, aspect);
  const high = frame.height / Math.min(1, aspect);
  const factor = Math.min(1, longSide / Math.max(wide, high));
  const width = Math.max(2, Math.round(wide * factor));
  const height = Math.max(2, Math.round(high * factor));
  return turn.sideways ? { width: height, height: width } : { width, height };
}

/** Fills each field's missing lines from that field alone: there is only this one picture. */
const NO_COMBS = "estdif=mode=frame:deint=all";

function developing({ frame, turn }: DecodedPicture, width: number, height: number): string {
  const [codedWidth, codedHeight] = turn.sideways ? [height, width] : [width, height];
  return [
    frame.hasFlags(AV_FRAME_FLAG_INTERLACED) ? NO_COMBS : "",
    ...(isHighDynamicRange(frame)
      ? [`scale=${codedWidth}:${codedHeight}:flags=area`, toStandardRange(frame)]
      : [`scale=${codedWidth}:${codedHeight}:flags=area+accurate_rnd${matrixOf(frame)}`]),
    turn.filter,
    "format=rgb24",
  ]
    .filter((step) => step !== "")
    .join(",");
}

/** Video that doesn't say how its colours were coded means BT.709 if it is high definition, where FFmpeg would take BT.601. */
function matrixOf(frame: Frame): string {
  const unsaid = frame.colorSpace === AVCOL_SPC_UNSPECIFIED && Math.min(frame.width, frame.height) >= 720;
  return unsaid ? ":in_color_matrix=bt709" : "";
}

function isHighDynamicRange(frame: Frame): boolean {
  return frame.colorTrc === AVCOL_TRC_SMPTE2084 || frame.colorTrc === AVCOL_TRC_ARIB_STD_B67;
}

/**
 * Tone mapping as FFmpeg's documentation of `tonemap` shows it. 203 cd/m² is the reference white of ITU-R BT.2408; with it "mobius"
 * leaves mid grey where BT.2408 has it and gives white what is left below the highlights.
 */
function toStandardRange(frame: Frame): string {
  const transfer = frame.colorTrc === AVCOL_TRC_SMPTE2084 ? "smpte2084" : "arib-std-b67";
  return [
    `setparams=color_primaries=bt2020:color_trc=${transfer}:colorspace=bt2020nc`,
    "zscale=t=linear:npl=203",
    "format=gbrpf32le",
    "zscale=p=bt709",
    "tonemap=tonemap=mobius:desat=0",
    "zscale=t=bt709:m=bt709:r=tv",
    "format=yuv420p",
  ].join(",");
}
