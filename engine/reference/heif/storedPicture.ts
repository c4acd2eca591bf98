import {
  AVCOL_PRI_UNSPECIFIED,
  AVCOL_RANGE_JPEG,
  AVCOL_RANGE_MPEG,
  AVCOL_SPC_UNSPECIFIED,
} from "node-av/constants";
import type { Frame } from "node-av/lib";
import { type Colour, colourOf } from "../frames/colour.ts";
import { planesOf, type Size } from "../frames/pixels.ts";
import type { Planes } from "../frames/srgb.ts";
import { ByteReader } from "./byteReader.ts";
import type { HeifFile, Item } from "./heifFile.ts";
import { type CodePoints, codePointsOf, propertyOf, sizeOf } from "./properties.ts";
import { configurationOf, StillDecoder } from "./stillDecoder.ts";

/** An item as it is stored, before transformations, made smaller where it was large. */
export interface StoredPicture {
  readonly planes: Planes;
  readonly colour: Colour;
  /** In full size. */
  readonly size: Size;
}

export interface DecodeLimits {
  /** How much of a stored picture's full size is wanted at least: 1 for all of it. */
  readonly scaleFor: (size: Size) => number;
  /** A picture with more pixels than this in full size is refused. */
  readonly maxPixels: number;
}

/** A picture larger than may be decoded. */
export class TooManyPixelsError extends Error {
  override readonly name = "TooManyPixelsError";
}

/** More pixels than these aren't kept at once. */
const MOST_KEPT = 48_000_000;
/** A part of the tiles larger than this may not be missing. */
const MOST_MISSING = 1 / 3;

/** @throws Error when the item can't be decoded, or too much of it is missing; TooManyPixelsError */
export async function decodeItem(file: HeifFile, item: Item, limits: DecodeLimits): Promise<StoredPicture> {
  using decoders = new Decoders(limits.maxPixels);
  return item.type === "grid"
    ? await decodeGrid(file, item, limits, decoders)
    : await decodeSingle(file, item, limits, decoders);
}

async function decodeSingle(
  file: HeifFile,
  item: Item,
  { scaleFor, maxPixels }: DecodeLimits,
  decoders: Decoders,
): Promise<StoredPicture> {
  const announced = sizeOf(item);
  if (announced) refuseTooLarge(announced, maxPixels);
  using frame = await decoders.decode(file, item);
  const size = { width: frame.width, height: frame.height };
  const factor = scaleFor(size);
  const kept = { width: Math.ceil(size.width * factor), height: Math.ceil(size.height * factor) };
  refuseTooLarge(kept, MOST_KEPT);
  const colour = colourOfItem(frame, item, codePointsOf(item));
  return { planes: planesOf(frame, kept, colour), colour, size };
}

/** Decodes tile after tile into the picture that they make (ISO/IEC 23008-12, 6.6.2.3), so that only one is there in full size. */
async function decodeGrid(
  file: HeifFile,
  item: Item,
  { scaleFor, maxPixels }: DecodeLimits,
  decoders: Decoders,
): Promise<StoredPicture> {
  const { rows, columns, size } = readGrid(file.dataOf(item));
  const tiles = file.referredBy(item, "dimg");
  const tileSize = tiles[0] && sizeOf(tiles[0]);
  if (!tileSize || tiles.length < rows * columns) throw new Error("the grid has too few tiles");
  refuseTooLarge(size, maxPixels);
  const shrink = shrinkFor(tileSize, scaleFor(size));
  const kept = { width: Math.ceil(size.width / shrink), height: Math.ceil(size.height / shrink) };
  refuseTooLarge(kept, MOST_KEPT);

  const canvas = new Canvas(kept);
  const small = { width: tileSize.width / shrink, height: tileSize.height / shrink };
  let colour: Colour | undefined;
  let missing = 0;
  for (const [index, tile] of tiles.slice(0, rows * columns).entries()) {
    try {
      using frame = await decoders.decode(file, tile);
      colour ??= colourOfItem(frame, tile, codePointsOf(item) ?? codePointsOf(tile));
      const left = (index % columns) * small.width;
      canvas.put(planesOf(frame, small, colour), left, Math.floor(index / columns) * small.height);
    } catch (cause) {
      missing++;
      if (missing > MOST_MISSING * rows * columns) throw new Error("too many tiles are missing", { cause });
    }
  }
  if (!colour) throw new Error("the grid has no tile that can be decoded");
  return { planes: canvas.planes, colour, size };
}

function readGrid(data: Buffer) {
  const reader = new ByteReader(data);
  reader.number(1);
  const side = (reader.number(1) & 1) === 1 ? 4 : 2;
  const [rows, columns] = [reader.number(1) + 1, reader.number(1) + 1];
  return { rows, columns, size: { width: reader.number(side), height: reader.number(side) } };
}

/** A power of two by which tiles can be divided without a rest, so that they still fit together. */
function shrinkFor(tile: Size, scale: number): number {
  let shrink = 1;
  const fits = (by: number) => tile.width % by === 0 && tile.height % by === 0 && 1 / by >= scale;
  while (fits(shrink * 2)) shrink *= 2;
  return shrink;
}

function refuseTooLarge({ width, height }: Size, most: number): void {
  if (width * height > most) throw new TooManyPixelsError(`${width}x${height}`);
  if (width * height === 0) throw new Error("the picture has no pixels");
}

/** Planes that are filled tile by tile; mid grey where no tile came. */
class Canvas {
  readonly planes: Planes;

  constructor({ width, height }: Size) {
    const plane = () => new Uint16Array(width * height).fill(0x8000);
    this.planes = { width, height, planes: [plane(), plane(), plane()] };
  }

  put(tile: Planes, left: number, top: number): void {
    const { width, height } = this.planes;
    const wide = Math.min(tile.width, width - left);
    for (const [index, plane] of tile.planes.entries()) {
      for (let y = 0; y < Math.min(tile.height, height - top); y++) {
        const line = plane.subarray(y * tile.width, y * tile.width + wide);
        this.planes.planes[index]?.set(line, (top + y) * width + left);
      }
    }
  }
}

/** Opens one decoder for all items that share a configuration. */
class Decoders implements Disposable {
  readonly #open = new Map<string, StillDecoder>();
  readonly #maxPixels: number;

  constructor(maxPixels: number) {
    this.#maxPixels = maxPixels;
  }

  async decode(file: HeifFile, item: Item): Promise<Frame> {
    const configuration = propertyOf(item, configurationOf(item.type) ?? "");
    const key = `${item.type} ${configuration?.toString("base64")}`;
    let decoder = this.#open.get(key);
    if (!decoder) {
      decoder = await StillDecoder.open(item.type, configuration, this.#maxPixels);
      this.#open.set(key, decoder);
    }
    return await decoder.decode(file.dataOf(item));
  }

  [Symbol.dispose](): void {
    for (const decoder of this.#open.values()) decoder[Symbol.dispose]();
  }
}

/** The file's word counts before the coded picture's; what neither says is full-range BT.601 and sRGB (ISO/IEC 23000-22, 7.3.6.4). */
function colourOfItem(frame: Frame, item: Item, named: CodePoints | undefined): Colour {
  if (named) {
    // Code points that FFmpeg has no name for are numbers all the same.
    frame.colorPrimaries = named.primaries as Frame["colorPrimaries"];
    frame.colorTrc = named.transfer as Frame["colorTrc"];
    frame.colorSpace = named.matrix as Frame["colorSpace"];
    frame.colorRange = named.fullRange ? AVCOL_RANGE_JPEG : AVCOL_RANGE_MPEG;
  }
  const unsaid = frame.colorSpace === AVCOL_SPC_UNSPECIFIED && frame.colorPrimaries === AVCOL_PRI_UNSPECIFIED;
  const colour = colourOf(frame);
  // AV1 always says its range.
  const fullRange = colour.fullRange || (!named && unsaid && item.type !== "av01");
  const transfer = colour.transfer === "video" ? "srgb" : colour.transfer;
  return {
    ...colour,
    fullRange,
    transfer,
    ...(unsaid && colour.coding.type === "luma" ? { coding: BT601 } : {}),
  };
}

const BT601: Colour["coding"] = { type: "luma", shares: { red: 0.299, blue: 0.114 } };
