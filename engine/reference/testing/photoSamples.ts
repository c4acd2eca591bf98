/** Photos of each type that is taken, as phones and programs write them: the six patches of `colourClip.ts`, upright. */
import { readFile, rm } from "node:fs/promises";
import sharp, { type Sharp } from "sharp";
import type { PhotoType } from "#shared/platform/media/mediaTypes.ts";
import { makeColourClip, patches } from "./colourClip.ts";
import { box, codedItem, gridOf, type HeifItem, heifOf, numbers, property } from "./heifBuilder.ts";

/**
 * Its name, how its bytes are made, and how far its colours may be off, of 255, where the type itself loses some. `scratch` is a path
 * ending in .mp4 that may be written and is removed.
 */
export type PhotoSample = readonly [string, (scratch: string) => Promise<Buffer>, number?];

const WIDTH = 120;
const HEIGHT = 160;

/** The patches, three above and three below. */
export function drawnPatches(width = WIDTH, height = HEIGHT): Sharp {
  const rectangles = patches.map(([r, g, b], index) => {
    const [x, y] = [(index % 3) * 40, Math.floor(index / 3) * 80];
    return `<rect x="${x}" y="${y}" width="40" height="80" fill="rgb(${r},${g},${b})"/>`;
  });
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${width}" height="${height}" preserveAspectRatio="none" shape-rendering="crispEdges">${rectangles.join("")}</svg>`;
  return sharp(Buffer.from(svg)).removeAlpha();
}

/** The patches and another picture after them. */
async function animated(): Promise<Sharp> {
  const first = await drawnPatches().png().toBuffer();
  const second = await sharp(first).negate().png().toBuffer();
  return sharp([first, second], { join: { animated: true } });
}

async function jpeg(): Promise<Buffer> {
  return await drawnPatches().jpeg({ quality: 95 }).toBuffer();
}

/** EXIF 6: to be turned clockwise by 90°. */
async function heldSideways(): Promise<Buffer> {
  const turned = await sharp(await drawnPatches().png().toBuffer())
    .rotate(-90)
    .png()
    .toBuffer();
  return await sharp(turned).withMetadata({ orientation: 6 }).jpeg({ quality: 95 }).toBuffer();
}

/** A marker that no standard knows, before the pixels. */
function withInvalidMarker(bytes: Buffer): Buffer {
  return Buffer.concat([bytes.subarray(0, 2), Buffer.from("ff0200040000", "hex"), bytes.subarray(2)]);
}

const film = box("ftyp", Buffer.from("mp42"), numbers(4, 0), Buffer.from("mp42"));

const phone = {
  matrix: "smpte170m",
  transfer: "iec61966-2-1",
  range: "pc",
  width: WIDTH,
  height: HEIGHT,
} as const;
const X265 = { crf: 4, "x265-params": "log-level=error:pools=1:frame-threads=1:bframes=0" };
const AV1 = { preset: 10, crf: 6 };
const codePoints = (transfer: number) => property.codePoints(9, transfer, 9, true);
const highRange = {
  matrix: "bt2020nc",
  primaries: "bt2020",
  named: false,
  pixelFormat: "yuv420p10le",
} as const;

async function single(scratch: string, brands: readonly [string, ...string[]], av1 = false): Promise<Buffer> {
  const encoding = av1 ? ({ encoder: "libsvtav1", encoderOptions: AV1 } as const) : { encoderOptions: X265 };
  return heifOf({ brands, items: [await codedItem(scratch, { ...phone, ...encoding })] });
}

/** Tiles stored sideways, as a phone held upright writes them. */
async function grid(scratch: string): Promise<Buffer> {
  const [columns, rows, tile] = [3, 2, 64];
  const tiles: HeifItem[] = [];
  for (let index = 0; index < columns * rows; index++) {
    const part = {
      left: ((index % columns) * tile) / HEIGHT,
      top: (Math.floor(index / columns) * tile) / WIDTH,
      width: tile / HEIGHT,
      height: tile / WIDTH,
    };
    const clip = { ...phone, encoderOptions: X265, width: tile, height: tile, turn: 90, part } as const;
    tiles.push(await codedItem(scratch, clip));
  }
  const whole: HeifItem = {
    type: "grid",
    data: gridOf(rows, columns, HEIGHT, WIDTH),
    properties: [property.size(HEIGHT, WIDTH), property.turn(90)],
    refersTo: { dimg: tiles.map((_, index) => index + 1) },
  };
  return heifOf({ brands: ["heic", "mif1", "MiHE", "tmap"], items: [whole, ...tiles] });
}

async function highRangeStill(scratch: string, av1: boolean, pq: boolean): Promise<Buffer> {
  const encoding = av1 ? ({ encoder: "libsvtav1", encoderOptions: AV1 } as const) : { encoderOptions: X265 };
  const transfer = pq ? "smpte2084" : "arib-std-b67";
  const item = await codedItem(scratch, { ...phone, ...highRange, ...encoding, transfer });
  const properties = [...(item.properties ?? []), codePoints(pq ? 16 : 18)];
  return heifOf({ brands: av1 ? ["avif", "mif1"] : ["heix", "mif1"], items: [{ ...item, properties }] });
}

/** A film of stills, without a main picture: how bursts are written. */
async function sequence(scratch: string): Promise<Buffer> {
  await makeColourClip(scratch, { ...phone, encoder: "libx265", encoderOptions: X265 });
  const bytes = await readFile(scratch);
  await rm(scratch);
  bytes.write("pict", bytes.indexOf("vide", 0, "latin1"), "latin1");
  bytes.write("msf1", 8, "latin1");
  bytes.write("hevc", 16, "latin1");
  return bytes;
}

export const photoSamples: Readonly<Record<PhotoType, readonly PhotoSample[]>> = {
  "image/jpeg": [
    ["camera.jpg", jpeg],
    ["held-sideways.jpg", heldSideways],
    ["progressive.jpg", async () => await drawnPatches().jpeg({ quality: 95, progressive: true }).toBuffer()],
    [
      "print.jpg",
      async () => await drawnPatches().toColourspace("cmyk").jpeg({ quality: 97 }).toBuffer(),
      40,
    ],
    ["motion.jpg", async () => Buffer.concat([await jpeg(), film, Buffer.alloc(5000, 0xff)])],
    [
      "gain-map.jpg",
      async () => Buffer.concat([await jpeg(), await drawnPatches().negate().jpeg().toBuffer()]),
    ],
    ["without-end.jpg", async () => (await jpeg()).subarray(0, -2)],
    ["invalid-marker.jpg", async () => withInvalidMarker(await jpeg())],
  ],
  "image/heic": [
    ["phone.heic", grid],
    ["single.heic", async (scratch) => await single(scratch, ["heic", "mif1"])],
    ["burst.heic", async (scratch) => await single(scratch, ["hevc", "mif1", "heic"])],
    [
      "motion.heic",
      async (scratch) => Buffer.concat([await grid(scratch), box("mpvd", film, Buffer.alloc(999))]),
    ],
    ["hlg.heic", async (scratch) => await highRangeStill(scratch, false, false)],
    ["pq.heic", async (scratch) => await highRangeStill(scratch, false, true)],
  ],
  "image/heif": [
    ["phone.heif", async (scratch) => await single(scratch, ["mif1", "heic"])],
    ["unknown-brand.heif", async (scratch) => await single(scratch, ["MiHB", "mif1", "heic"])],
    ["sequence.heif", async (scratch) => await single(scratch, ["msf1", "mif1", "hevc"])],
    ["burst.heif", sequence],
  ],
  "image/avif": [
    ["sharp.avif", async () => await drawnPatches().avif({ quality: 90 }).toBuffer()],
    ["single.avif", async (scratch) => await single(scratch, ["avif", "mif1"], true)],
    ["hlg.avif", async (scratch) => await highRangeStill(scratch, true, false)],
    ["pq.avif", async (scratch) => await highRangeStill(scratch, true, true)],
  ],
  "image/png": [
    ["screen.png", async () => await drawnPatches().png().toBuffer()],
    ["deep.png", async () => await drawnPatches().toColourspace("rgb16").png().toBuffer()],
    ["few-colours.png", async () => await drawnPatches().png({ palette: true, colours: 16 }).toBuffer()],
  ],
  "image/webp": [
    ["photo.webp", async () => await drawnPatches().webp({ quality: 95 }).toBuffer()],
    ["animated.webp", async () => await (await animated()).webp({ quality: 95 }).toBuffer()],
  ],
  "image/gif": [
    ["still.gif", async () => await drawnPatches().gif().toBuffer()],
    ["animated.gif", async () => await (await animated()).gif().toBuffer()],
  ],
  "image/tiff": [
    ["scan.tiff", async () => await drawnPatches().tiff({ compression: "lzw" }).toBuffer()],
    [
      "deep.tiff",
      async () => await drawnPatches().toColourspace("rgb16").tiff({ compression: "deflate" }).toBuffer(),
    ],
    ["camera.tiff", async () => await drawnPatches().tiff({ compression: "jpeg", quality: 95 }).toBuffer()],
  ],
};
