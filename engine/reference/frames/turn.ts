/**
 * How a video's pictures must be turned or mirrored before a person may see them. Phones record with the sensor's orientation and
 * write the turn into the container.
 */

/** One of the eight ways a rectangle maps onto its axes. `filter` is empty when nothing is to be done. */
export interface Turn {
  /** An FFmpeg filter chain that makes the picture upright. */
  readonly filter:
    | ""
    | "transpose=clock"
    | "transpose=cclock"
    | "transpose=cclock_flip"
    | "transpose=clock_flip"
    | "hflip"
    | "vflip"
    | "hflip,vflip";
  /** Whether width and height change places. */
  readonly sideways: boolean;
}

export const upright: Turn = { filter: "", sideways: false };

/**
 * Reads a display matrix (ISO/IEC 14496-12, 8.3.2.3; FFmpeg's side data: nine 32-bit integers in the machine's order). A pixel
 * right of another moves by (a, b), one below it by (c, d), y downwards. Slanted matrices go to the nearest quarter turn.
 */
export function turnOfMatrix(matrix: Buffer): Turn {
  if (matrix.length < 20) return upright;
  const number = (index: number) =>
    new DataView(matrix.buffer, matrix.byteOffset, matrix.length).getInt32(index * 4, true);
  const [a, b, c, d] = [number(0), number(1), number(3), number(4)];
  if (Math.abs(a) + Math.abs(d) >= Math.abs(b) + Math.abs(c)) {
    if (a < 0 && d < 0) return { filter: "hflip,vflip", sideways: false };
    if (a < 0) return { filter: "hflip", sideways: false };
    return d < 0 ? { filter: "vflip", sideways: false } : upright;
  }
  if (b >= 0) return { filter: c >= 0 ? "transpose=cclock_flip" : "transpose=clock", sideways: true };
  return { filter: c >= 0 ? "transpose=cclock" : "transpose=clock_flip", sideways: true };
}

/** Reads the `rotate` tag of older files: degrees clockwise. */
export function turnOfTag(text: string): Turn {
  const degrees = (((Math.round(Number.parseFloat(text) / 90) * 90) % 360) + 360) % 360;
  switch (degrees) {
    case 90:
      return { filter: "transpose=clock", sideways: true };
    case 180:
      return { filter: "hflip,vflip", sideways: false };
    case 270:
      return { filter: "transpose=cclock", sideways: true };
    default:
      return upright;
  }
}
