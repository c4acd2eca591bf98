import sharp from "sharp";
import { pixelsOf } from "../frames/pixels.ts";
import type { DecodedPicture } from "./video.ts";

export interface Picture {
  readonly jpeg: Buffer;
  readonly width: number;
  readonly height: number;
}

/** JPEG quality of textures: beyond it files grow faster than what an eye in VR can see. */
const QUALITY = 82;

/**
 * A decoded picture as a person should see it: turned upright, square pixels, no combing, in sRGB, the longer side at most
 * `longSide` pixels.
 */
export async function developPicture(picture: DecodedPicture, longSide: number): Promise<Picture> {
  const { turn } = picture;
  const { width, height, rgb } = pixelsOf(picture.frame, squareSize(picture, longSide), turn);
  const jpeg = await sharp(rgb, { raw: { width, height, channels: 3 } })
    .jpeg({ quality: QUALITY, mozjpeg: false })
    .toBuffer();
  return { jpeg, width, height };
}

/** The size with square pixels, before any turn. */
function squareSize({ frame, pixelAspect }: DecodedPicture, longSide: number) {
  // Absurd pixel shapes come from broken headers.
  const aspect = Math.min(4, Math.max(0.25, pixelAspect));
  const wide = frame.width * Math.max(1, aspect);
  const high = frame.height / Math.min(1, aspect);
  const factor = Math.min(1, longSide / Math.max(wide, high));
  const side = (length: number) => Math.max(2, Math.round(length * factor));
  return { width: side(wide), height: side(high) };
}
