import { AV_LOG_QUIET } from "node-av/constants";
import { Log } from "node-av/lib";
import sharp from "sharp";
import type { Pixels } from "../frames/pixels.ts";
import { type Planes, toSrgb } from "../frames/srgb.ts";
import { HeifFile, type Item } from "./heifFile.ts";
import { withProfile } from "./iccPng.ts";
import { profileOf, purposeOf, type Transformation, transformationsOf } from "./properties.ts";
import { type DecodeLimits, decodeItem, type StoredPicture } from "./storedPicture.ts";

/**
 * The main picture of a HEIC or AVIF file in sRGB, as a person should see it: tiles put together, cropped, turned and mirrored as the
 * file says, high dynamic range brought down, transparent parts white. Gain maps, depth, bursts and motion are left out.
 * @param limits are about the picture as it is shown
 * @throws Error when it can't be decoded, or too much of it is missing; TooManyPixelsError
 */
export async function readHeif(bytes: Buffer, { scaleFor, maxPixels }: DecodeLimits): Promise<Pixels> {
  Log.setLevel(AV_LOG_QUIET);
  const file = new HeifFile(bytes);
  const item = base(file, file.primary);
  const sideways = isSideways(file.primary);
  const limits: DecodeLimits = {
    maxPixels,
    scaleFor: ({ width, height }) =>
      scaleFor(sideways ? { width: height, height: width } : { width, height }),
  };
  const stored = await decodeItem(file, item, limits);
  const alpha = await alphaOf(file, item, stored, limits);
  const planes = alpha ? { ...stored.planes, alpha } : stored.planes;
  let pixels = await shownColours(planes, stored, profileOf(item));
  const scale = pixels.width / stored.size.width;
  for (const step of transformationsOf(file.primary, stored.size))
    pixels = await transformed(pixels, step, scale);
  return pixels;
}

function isSideways(item: Item): boolean {
  const turns = transformationsOf(item, { width: 1, height: 1 }).filter(
    (step) => step.type === "turn" && step.degrees % 180 !== 0,
  );
  return turns.length % 2 === 1;
}

/** The item with the pixels: one that only changes or tone-maps another has none of its own. */
function base(file: HeifFile, item: Item): Item {
  if (item.type !== "iden" && item.type !== "tmap") return item;
  const [origin] = file.referredBy(item, "dimg");
  if (!origin || origin.type === "iden" || origin.type === "tmap")
    throw new Error(`nothing is below the ${item.type}`);
  return origin;
}

const ALPHA: ReadonlySet<string> = new Set([
  "urn:mpeg:mpegB:cicp:systems:auxiliary:alpha",
  "urn:mpeg:hevc:2015:auxid:1",
]);

async function alphaOf(
  file: HeifFile,
  item: Item,
  { planes: { width, height } }: StoredPicture,
  limits: DecodeLimits,
): Promise<Uint16Array | undefined> {
  const auxiliary = file.referringTo(item, "auxl").find((other) => ALPHA.has(purposeOf(other)));
  if (!auxiliary) return undefined;
  const { planes, colour } = await decodeItem(file, auxiliary, limits);
  // One of another size would have to be scaled; without it the picture is there all the same.
  if (planes.width !== width || planes.height !== height) return undefined;
  const most = (2 ** colour.depth - 1) * 2 ** (16 - colour.depth);
  return planes.planes[0].map((value) => Math.min(65_535, Math.round((value * 65_535) / most)));
}

/** A profile says more than the code points do, except of high dynamic range. */
async function shownColours(
  planes: Planes,
  { colour }: StoredPicture,
  profile: Buffer | undefined,
): Promise<Pixels> {
  const { width, height } = planes;
  if (!profile || colour.transfer === "pq" || colour.transfer === "hlg") {
    return { width, height, rgb: toSrgb(planes, colour) };
  }
  const unchanged = toSrgb(planes, { ...colour, transfer: "srgb", primaries: "bt709" });
  return { width, height, rgb: await withProfile({ width, height, rgb: unchanged }, profile) };
}

/** @param scale how much smaller the pixels are than the full size that `step` is about */
async function transformed(
  { width, height, rgb }: Pixels,
  step: Transformation,
  scale: number,
): Promise<Pixels> {
  const picture = sharp(rgb, { raw: { width, height, channels: 3 } });
  switch (step.type) {
    case "turn":
      picture.rotate(step.degrees);
      break;
    case "mirror":
      if (step.exchanged === "leftAndRight") picture.flop();
      else picture.flip();
      break;
    case "crop":
      picture.extract(insideOf(step, scale, width, height));
  }
  const { data, info } = await picture.raw().toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, rgb: data };
}

function insideOf(
  step: Extract<Transformation, { type: "crop" }>,
  scale: number,
  width: number,
  height: number,
) {
  const left = Math.min(width - 1, Math.round(step.left * scale));
  const top = Math.min(height - 1, Math.round(step.top * scale));
  return {
    left,
    top,
    width: Math.max(1, Math.min(width - left, Math.round(step.width * scale))),
    height: Math.max(1, Math.min(height - top, Math.round(step.height * scale))),
  };
}
