import { crc32, deflateSync } from "node:zlib";
import sharp from "sharp";
import type { Pixels } from "../frames/pixels.ts";

/** Length, type and content of the header; the profile has to come after it and before the pixels. */
const HEADER_END = 8 + 4 + 4 + 13 + 4;

/** The pixels in sRGB when `profile` says what they mean. Without change if the profile can't be used. */
export async function withProfile({ width, height, rgb }: Pixels, profile: Buffer): Promise<Buffer> {
  const png = await sharp(rgb, { raw: { width, height, channels: 3 } })
    .png({ compressionLevel: 0 })
    .toBuffer();
  const named = Buffer.concat([Buffer.from("profile\0\0", "latin1"), deflateSync(profile)]);
  const tagged = Buffer.concat([png.subarray(0, HEADER_END), chunk("iCCP", named), png.subarray(HEADER_END)]);
  return await sharp(tagged, { limitInputPixels: false })
    .toColourspace("srgb")
    .removeAlpha()
    .raw()
    .toBuffer()
    .catch(() => rgb);
}

/** A chunk of a PNG file (ISO/IEC 15948, 5.3). */
function chunk(type: string, content: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), content]);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(content.length, 0);
  body.copy(framed, 4);
  framed.writeUInt32BE(crc32(body), 4 + body.length);
  return framed;
}
