import { open, readFile } from "node:fs/promises";
import sharp, { type Sharp } from "sharp";
import type { PhotoType } from "#shared/platform/media/mediaTypes.ts";
import { FIRST_BYTES, sniffType } from "#shared/platform/media/sniff.ts";
import { ConversionError } from "../conversionError.ts";
import { type Pixels, pixelsOf, type Size } from "../frames/pixels.ts";
import { NoMainPictureError } from "../heif/heifFile.ts";
import { readHeif } from "../heif/heifPicture.ts";
import { TooManyPixelsError } from "../heif/storedPicture.ts";
import { Video } from "../scene/video.ts";
import { mendJpeg, salvage } from "./damagedPhoto.ts";

export interface Photo {
  readonly jpeg: Buffer;
  readonly width: number;
  readonly height: number;
}

export interface PhotoShape {
  /** Of the finished picture, in pixels; smaller photos stay smaller. */
  readonly longSide: number;
  /** Width over height may not be more or less than this; what is too much is cut off around what catches the eye. */
  readonly widest: number;
  readonly narrowest: number;
}

/** The most a phone takes is 200 megapixels; they are decoded in a smaller size. */
const MOST_PIXELS = 260_000_000;

/**
 * Reads a photo of any type in `photoTypes`, turns it as it says and gives a JPEG of the wished shape in sRGB. Of several pictures it is
 * the first. What is transparent becomes white; of a photo that was cut off, what is there is shown.
 * @param role what the family calls the photo, for the sentence of an error: `face` or `body`
 */
export async function readPhoto(path: string, role: string, shape: PhotoShape): Promise<Photo> {
  try {
    const type = await typeOf(path);
    if (type !== undefined && HEIF.has(type)) return await readHeifPhoto(path, shape);
    if (type === "image/jpeg") {
      return await readPlainPhoto(await mendJpeg(await readFile(path), MOST_PIXELS), shape);
    }
    return await readPlainPhoto(path, shape).catch(async (error: unknown) => {
      if (isTooLarge(error)) throw error;
      return await readPlainPhoto(await salvage(await readFile(path), MOST_PIXELS), shape);
    });
  } catch (cause) {
    throw explain(cause, role);
  }
}

const HEIF: ReadonlySet<string> = new Set(["image/heic", "image/heif", "image/avif"] satisfies PhotoType[]);

async function typeOf(path: string): Promise<string | undefined> {
  await using file = await open(path);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(FIRST_BYTES), 0, FIRST_BYTES, 0);
  return await sniffType(buffer.subarray(0, bytesRead));
}

async function readHeifPhoto(path: string, shape: PhotoShape): Promise<Photo> {
  const scaleFor = (size: Size) => {
    const { width, height } = shapedSize(size, shape);
    return Math.min(1, Math.max(width / size.width, height / size.height));
  };
  const pixels = await readHeif(await readFile(path), { scaleFor, maxPixels: MOST_PIXELS }).catch(
    async (error: unknown) => {
      const first = error instanceof NoMainPictureError ? await firstOfSequence(path) : undefined;
      if (!first) throw error;
      return first;
    },
  );
  const { width, height, rgb } = pixels;
  return await shaped(sharp(rgb, { raw: { width, height, channels: 3 } }), pixels, shape);
}

/** The first picture of a burst that has no single main one: such a file is built like a film. */
async function firstOfSequence(path: string): Promise<Pixels | undefined> {
  try {
    await using video = await Video.open(path, MOST_PIXELS);
    for await (const { frame, turn } of video.pictures(new AbortController().signal)) {
      return pixelsOf(frame, { width: frame.width, height: frame.height }, turn);
    }
  } catch (error) {
    if (!(error instanceof ConversionError)) throw error;
  }
  return undefined;
}

/** A photo of a type that `sharp` reads: it decodes large JPEGs in a smaller size by itself. */
async function readPlainPhoto(file: string | Buffer, shape: PhotoShape): Promise<Photo> {
  const options = { limitInputPixels: MOST_PIXELS, failOn: "truncated" } as const;
  const { autoOrient } = await sharp(file, options).metadata();
  return await shaped(sharp(file, options).autoOrient(), autoOrient, shape);
}

/** @param size of the upright picture */
async function shaped(picture: Sharp, size: Size, shape: PhotoShape): Promise<Photo> {
  const { width, height } = shapedSize(size, shape);
  const { data, info } = await picture
    .resize(width, height, { fit: "cover", position: sharp.strategy.attention })
    .flatten({ background: "#ffffff" })
    .toColourspace("srgb")
    .jpeg({ quality: 85 })
    .toBuffer({ resolveWithObject: true });
  return { jpeg: data, width: info.width, height: info.height };
}

function shapedSize({ width, height }: Size, shape: PhotoShape): Size {
  const aspect = Math.min(shape.widest, Math.max(shape.narrowest, width / height));
  const [wide, high] =
    width / height > aspect ? [Math.round(height * aspect), height] : [width, Math.round(width / aspect)];
  const factor = Math.min(1, shape.longSide / Math.max(wide, high));
  return { width: Math.max(1, Math.round(wide * factor)), height: Math.max(1, Math.round(high * factor)) };
}

function isTooLarge(cause: unknown): boolean {
  return (
    cause instanceof TooManyPixelsError || (cause instanceof Error && /pixel limit/i.test(cause.message))
  );
}

function explain(cause: unknown, role: string): ConversionError {
  return isTooLarge(cause)
    ? new ConversionError(
        "photo_too_large",
        `The ${role} photo has too many pixels. Please use a smaller one.`,
        { cause },
      )
    : new ConversionError(
        "photo_unreadable",
        `The ${role} photo can't be read. Please choose another one, best as JPEG or PNG.`,
        { cause },
      );
}
