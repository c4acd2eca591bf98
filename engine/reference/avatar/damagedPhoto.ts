import sharp, { type Sharp } from "sharp";
import { repairJpeg } from "./jpegRepair.ts";

/** More of a photo than this may not be missing. */
const MOST_MISSING = 1 / 3;
/** Large enough to see which lines are missing. */
const LOOK = 256;
/** What is kept of a damaged photo has no longer side than this. */
const LONG_SIDE = 4096;

/**
 * A JPEG that decoders read to its end: the same bytes if it is sound; otherwise with its markers repaired, and without the lines that are
 * missing at its lower end.
 * @throws Error when nothing can be read, or too much is missing
 */
export async function mendJpeg(bytes: Buffer, maxPixels: number): Promise<Buffer> {
  const repaired = repairJpeg(bytes, "believed");
  if (repaired.equals(bytes)) return bytes;
  const missing = await missingPart(repaired, maxPixels, GREY);
  if (missing === 0) return repaired;
  // The marker of the end may be the damage.
  const beyond = repairJpeg(bytes, "ignored");
  const missingThere = await missingPart(beyond, maxPixels, GREY);
  return missingThere < missing
    ? await upperPart(beyond, missingThere, maxPixels)
    : await upperPart(repaired, missing, maxPixels);
}

/**
 * What is there of a photo of another type that was cut off: the lines from the top, as far as they were written.
 * @throws Error when nothing can be read, or too much is missing
 */
export async function salvage(bytes: Buffer, maxPixels: number): Promise<Buffer> {
  return await upperPart(bytes, await missingPart(bytes, maxPixels), maxPixels);
}

function opened(bytes: Buffer, maxPixels: number): Sharp {
  return sharp(bytes, { failOn: "none", limitInputPixels: maxPixels });
}

async function upperPart(bytes: Buffer, missing: number, maxPixels: number): Promise<Buffer> {
  if (missing > MOST_MISSING) throw new Error(`${Math.round(100 * missing)} % of the photo are missing`);
  const { orientation = 1 } = await opened(bytes, maxPixels).metadata();
  const { data, info } = await opened(bytes, maxPixels)
    .resize(LONG_SIDE, LONG_SIDE, { fit: "inside", withoutEnlargement: true })
    .flatten({ background: "#ffffff" })
    .toColourspace("srgb")
    .raw()
    .toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  return await sharp(data, { raw: { width, height, channels } })
    .extract({ left: 0, top: 0, width, height: Math.max(1, Math.floor(height * (1 - missing))) })
    .withMetadata({ orientation })
    .jpeg({ quality: 95 })
    .toBuffer();
}

type Rgb = readonly [number, number, number];
/** What a JPEG decoder shows where there are no numbers. */
const GREY: Rgb = [128, 128, 128];

/**
 * The part of the lines, from below, that no decoder wrote: they have one colour from side to side.
 * @param colour which; when absent, that of the last pixel
 */
async function missingPart(bytes: Buffer, maxPixels: number, colour?: Rgb): Promise<number> {
  const { data, info } = await opened(bytes, maxPixels)
    .resize(LOOK, LOOK, { fit: "fill", kernel: "nearest" })
    .toColourspace("srgb")
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  const stride = info.width * info.channels;
  const wanted = colour ?? [...data.subarray(data.length - info.channels)];
  let lines = 0;
  while (lines < info.height && isEven(data.subarray(data.length - stride * (lines + 1)), stride, wanted))
    lines++;
  // A photo whose last line happens to be even isn't damaged for that. The first line that is there is there in part.
  return lines <= 1 ? 0 : Math.min(1, (lines + 1) / info.height);
}

function isEven(from: Buffer, stride: number, colour: readonly number[]): boolean {
  const TOLERANCE = 2;
  for (let at = 0; at < stride; at++) {
    if (Math.abs((from[at] ?? 0) - (colour[at % colour.length] ?? 0)) > TOLERANCE) return false;
  }
  return true;
}
