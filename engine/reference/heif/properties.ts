/** What the properties of a picture in a HEIF file say (ISO/IEC 23008-12, 6.5). */
import { ByteReader } from "./byteReader.ts";
import type { Item } from "./heifFile.ts";

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Code points of ITU-T H.273. */
export interface CodePoints {
  readonly primaries: number;
  readonly transfer: number;
  readonly matrix: number;
  readonly fullRange: boolean;
}

/** A step of making a stored picture the shown one. Pixels are those of the picture in full size. */
export type Transformation =
  | {
      readonly type: "crop";
      readonly left: number;
      readonly top: number;
      readonly width: number;
      readonly height: number;
    }
  /** Clockwise, in degrees. */
  | { readonly type: "turn"; readonly degrees: number }
  | { readonly type: "mirror"; readonly exchanged: "leftAndRight" | "topAndBottom" };

export function propertyOf(item: Item, ...types: readonly string[]): Buffer | undefined {
  return item.properties.find(({ type }) => types.includes(type))?.content;
}

/** The size before any transformation; undefined when it isn't said. */
export function sizeOf(item: Item): Size | undefined {
  const content = propertyOf(item, "ispe");
  if (!content) return undefined;
  const reader = new ByteReader(content);
  reader.full();
  return { width: reader.number(4), height: reader.number(4) };
}

export function codePointsOf(item: Item): CodePoints | undefined {
  const content = colourBoxes(item, "nclx")[0];
  if (!content) return undefined;
  const reader = new ByteReader(content);
  const [primaries, transfer, matrix] = [reader.number(2), reader.number(2), reader.number(2)];
  return { primaries, transfer, matrix, fullRange: reader.number(1) >= 0x80 };
}

/** The ICC profile. */
export function profileOf(item: Item): Buffer | undefined {
  return colourBoxes(item, "prof", "rICC")[0];
}

function colourBoxes(item: Item, ...types: readonly string[]): readonly Buffer[] {
  return item.properties
    .filter(({ type, content }) => type === "colr" && types.includes(content.toString("latin1", 0, 4)))
    .map(({ content }) => content.subarray(4));
}

/** What an auxiliary picture is for, as a URN. */
export function purposeOf(item: Item): string {
  const content = propertyOf(item, "auxC");
  return content ? content.toString("latin1", 4).split("\0", 1).join() : "";
}

/** The transformations in the order in which they have to be applied. EXIF's orientation isn't one: HEIF has these instead. */
export function transformationsOf(item: Item, { width, height }: Size): readonly Transformation[] {
  const steps: Transformation[] = [];
  for (const { type, content } of item.properties) {
    const reader = new ByteReader(content);
    if (type === "irot") {
      const degrees = (360 - 90 * (reader.number(1) & 3)) % 360;
      if (degrees !== 0) steps.push({ type: "turn", degrees });
    }
    if (type === "imir") {
      steps.push({
        type: "mirror",
        exchanged: (reader.number(1) & 1) === 1 ? "leftAndRight" : "topAndBottom",
      });
    }
    if (type === "clap") steps.push(cropOf(reader, { width, height }));
  }
  return steps;
}

/** The clean aperture (ISO/IEC 14496-12, 12.1.4): its size, and how far its middle is from the picture's. */
function cropOf(reader: ByteReader, whole: Size): Transformation {
  const ratio = () => {
    const over = reader.signed();
    return over / (reader.number(4) || 1);
  };
  const [width, height, right, down] = [ratio(), ratio(), ratio(), ratio()];
  const inside = (from: number, length: number, most: number) => {
    const start = Math.min(most - 1, Math.max(0, Math.round(from)));
    return [start, Math.max(1, Math.min(most - start, Math.round(length)))] as const;
  };
  const [left, wide] = inside((whole.width - width) / 2 + right, width, whole.width);
  const [top, high] = inside((whole.height - height) / 2 + down, height, whole.height);
  return { type: "crop", left, top, width: wide, height: high };
}
