/** Writes HEIC and AVIF files as phones do (ISO/IEC 23008-12), around pictures that FFmpeg encodes. */
import { readFile, rm } from "node:fs/promises";
import { type ColourClip, makeColourClip } from "./colourClip.ts";

export interface HeifItem {
  /** `hvc1`, `av01`, `grid`, `iden`, `Exif` … */
  readonly type: string;
  readonly data?: Buffer;
  /** Boxes, in the order in which transformations are to be applied. */
  readonly properties?: readonly Buffer[];
  /** References to other items by their place in the list, by the references' type. */
  readonly refersTo?: Readonly<Record<string, readonly number[]>>;
}

export interface HeifLayout {
  /** The first is the main one. */
  readonly brands: readonly [string, ...string[]];
  /** Place of the main picture in `items`. */
  readonly primary?: number;
  readonly items: readonly HeifItem[];
}

/** A box of an ISO base media file. */
export function box(type: string, ...content: readonly Buffer[]): Buffer {
  const body = Buffer.concat(content);
  return Buffer.concat([numbers(4, body.length + 8), Buffer.from(type, "latin1"), body]);
}

/** Big-endian numbers of so many bytes each. */
export function numbers(bytes: 1 | 2 | 4, ...values: readonly number[]): Buffer {
  const buffer = Buffer.alloc(bytes * values.length);
  for (const [index, value] of values.entries()) {
    if (value < 0) buffer.writeIntBE(value, index * bytes, bytes);
    else buffer.writeUIntBE(value, index * bytes, bytes);
  }
  return buffer;
}

function full(type: string, version: number, ...content: readonly Buffer[]): Buffer {
  return box(type, numbers(4, version * 0x1000000), ...content);
}

export const property = {
  size: (width: number, height: number) => full("ispe", 0, numbers(4, width, height)),
  codePoints: (primaries: number, transfer: number, matrix: number, fullRange: boolean) =>
    box(
      "colr",
      Buffer.from("nclx"),
      numbers(2, primaries, transfer, matrix),
      numbers(1, fullRange ? 0x80 : 0),
    ),
  profile: (icc: Buffer) => box("colr", Buffer.from("prof"), icc),
  /** Clockwise, in degrees. */
  turn: (degrees: number) => box("irot", numbers(1, ((360 - degrees) % 360) / 90)),
  mirror: (exchanged: "leftAndRight" | "topAndBottom") =>
    box("imir", numbers(1, exchanged === "leftAndRight" ? 1 : 0)),
  /** The size, and how far the middle is from that of the whole picture, in pixels. */
  crop: (width: number, height: number, right: number, down: number) =>
    box("clap", numbers(4, width, 1, height, 1, right, 1, down, 1)),
  purpose: (urn: string) => full("auxC", 0, Buffer.from(`${urn}\0`)),
};

/** The data of a `grid` item. */
export function gridOf(rows: number, columns: number, width: number, height: number): Buffer {
  return Buffer.concat([numbers(1, 0, 0, rows - 1, columns - 1), numbers(2, width, height)]);
}

/** The file's bytes. */
export function heifOf({ brands: [main, ...others], primary = 0, items }: HeifLayout): Buffer {
  const ftyp = box(
    "ftyp",
    Buffer.from(main),
    numbers(4, 0),
    ...[main, ...others].map((brand) => Buffer.from(brand)),
  );
  const meta = (dataFrom: number) => metaOf(items, primary, dataFrom);
  // Where the data begins doesn't change how long the offsets are.
  const dataFrom = ftyp.length + meta(0).length + 8;
  return Buffer.concat([
    ftyp,
    meta(dataFrom),
    box("mdat", ...items.map(({ data }) => data ?? Buffer.alloc(0))),
  ]);
}

function metaOf(items: readonly HeifItem[], primary: number, dataFrom: number): Buffer {
  const properties = items.flatMap((item) => item.properties ?? []);
  let next = 0;
  const associations = items.map(({ properties: own = [] }, index) => {
    const indices = own.map(() => ++next);
    return Buffer.concat([numbers(2, index + 1), numbers(1, indices.length), numbers(2, ...indices)]);
  });
  let at = dataFrom;
  const locations = items.map(({ data }, index) => {
    const length = data?.length ?? 0;
    at += length;
    return Buffer.concat([numbers(2, index + 1, 0, 1), numbers(4, at - length, length)]);
  });
  const references = items.flatMap(({ refersTo = {} }, index) =>
    Object.entries(refersTo).map(([type, to]) =>
      box(type, numbers(2, index + 1, to.length, ...to.map((place) => place + 1))),
    ),
  );
  return full(
    "meta",
    0,
    full("hdlr", 0, numbers(4, 0), Buffer.from("pict"), Buffer.alloc(13)),
    full("pitm", 0, numbers(2, primary + 1)),
    full("iloc", 0, numbers(1, 0x44, 0), numbers(2, items.length), ...locations),
    full(
      "iinf",
      0,
      numbers(2, items.length),
      ...items.map(({ type }, index) => full("infe", 2, numbers(2, index + 1, 0), Buffer.from(`${type}\0`))),
    ),
    ...(references.length > 0 ? [full("iref", 0, ...references)] : []),
    box(
      "iprp",
      box("ipco", ...properties),
      // The lowest flag makes the numbers of properties two bytes long.
      box("ipma", numbers(4, 1, items.length), ...associations),
    ),
  );
}

/** A coded picture and its decoder's configuration, as an item; `scratch` is a path ending in .mp4 that is written and removed. */
export async function codedItem(
  scratch: string,
  clip: ColourClip,
): Promise<HeifItem & { readonly data: Buffer }> {
  const av1 = clip.encoder === "libsvtav1";
  const { width = 66, height = 44 } = clip;
  await makeColourClip(scratch, { ...clip, encoder: av1 ? "libsvtav1" : "libx265", pictures: 1 });
  const file = await readFile(scratch);
  await rm(scratch);
  return {
    type: av1 ? "av01" : "hvc1",
    data: boxIn(file, "mdat").subarray(8),
    properties: [boxIn(file, av1 ? "av1C" : "hvcC"), property.size(width, height)],
  };
}

function boxIn(file: Buffer, type: string): Buffer {
  const at = file.indexOf(type, 0, "latin1") - 4;
  if (at < 0) throw new Error(`no box ${type}`);
  return file.subarray(at, at + file.readUInt32BE(at));
}
