import sharp, { type Sharp } from "sharp";
import { ConversionError } from "#engine/reference/conversionError.ts";

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

/**
 * Reads a photo of any kind sharp knows (JPEG, PNG, WebP, AVIF, GIF, TIFF, HEIC where the build has it), turns it as its EXIF says
 * and gives a JPEG of the wished shape. What is transparent becomes white.
 * @param role what the family calls the photo, for the sentence of an error: `face` or `body`
 */
export async function readPhoto(
  path: string,
  role: string,
  shape: PhotoShape,
  maxPixels: number,
): Promise<Photo> {
  const photo = sharp(path, { limitInputPixels: maxPixels, failOn: "truncated" }).autoOrient();
  try {
    const { data, info } = await shaped(photo, await orientedSize(path, maxPixels), shape)
      .flatten({ background: "#ffffff" })
      .toColourspace("srgb")
      .jpeg({ quality: 85 })
      .toBuffer({ resolveWithObject: true });
    return { jpeg: data, width: info.width, height: info.height };
  } catch (cause) {
    throw explain(cause, role);
  }
}

async function orientedSize(path: string, maxPixels: number): Promise<{ width: number; height: number }> {
  const { autoOrient } = await sharp(path, { limitInputPixels: maxPixels }).metadata();
  return autoOrient;
}

function shaped(
  photo: Sharp,
  { width, height }: { width: number; height: number },
  shape: PhotoShape,
): Sharp {
  const aspect = Math.min(shape.widest, Math.max(shape.narrowest, width / height));
  const [wide, high] =
    width / height > aspect ? [Math.round(height * aspect), height] : [width, Math.round(width / aspect)];
  const factor = Math.min(1, shape.longSide / Math.max(wide, high));
  return photo.resize(Math.max(1, Math.round(wide * factor)), Math.max(1, Math.round(high * factor)), {
    fit: "cover",
    position: sharp.strategy.attention,
  });
}

function explain(cause: unknown, role: string): ConversionError {
  const tooLarge = cause instanceof Error && /pixel limit/i.test(cause.message);
  return tooLarge
    ? new ConversionError(
        "photo_too_large",
        `The ${role} photo has too many pixels. Please use a smaller one.`,
        {
          cause,
        },
      )
    : new ConversionError(
        "photo_unreadable",
        `The ${role} photo can't be read. Please choose another one, best as JPEG or PNG.`,
        { cause },
      );
}
