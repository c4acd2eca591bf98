/**
 * What a picture looks like from afar: enough to say which of two pictures is sharper, and whether two pictures show the same view.
 * Pure arithmetic on a small planar YCbCr picture.
 */

export interface Look {
  /** Variance of the Laplacian of the luma (Pech-Pacheco et al., "Diatom autofocusing in brightfield microscopy", 2000). */
  readonly sharpness: number;
  /** Standard deviation of the luma from 0 to 1; near 0 for a black or an even picture. */
  readonly contrast: number;
  readonly grid: Grid;
}

/** Mean luma and chroma of each cell, from 0 to 1, cell by cell: Y, Cb, Cr. */
export interface Grid {
  readonly columns: number;
  readonly rows: number;
  readonly cells: Float32Array;
}

export interface SmallPicture {
  readonly width: number;
  readonly height: number;
  /** Y, Cb and Cr, each `width * height` bytes. */
  readonly planes: readonly [Uint8Array, Uint8Array, Uint8Array];
}

export function lookAt(picture: SmallPicture): Look {
  const grid = gridOf(picture);
  return { sharpness: sharpnessOf(picture), contrast: contrastOf(grid), grid };
}

/** Cells along the longer side. */
const CELLS = 24;
const CHANNELS = 3;

function gridOf({ width, height, planes }: SmallPicture): Grid {
  const long = Math.max(width, height);
  const columns = Math.max(2, Math.min(width, Math.round((CELLS * width) / long)));
  const rows = Math.max(2, Math.min(height, Math.round((CELLS * height) / long)));
  const cells = new Float32Array(columns * rows * CHANNELS);
  const counts = new Uint32Array(columns * rows);
  const columnOf = Uint16Array.from({ length: width }, (_, x) => Math.floor((x * columns) / width));
  for (let y = 0; y < height; y++) {
    const firstCell = Math.floor((y * rows) / height) * columns;
    for (let x = 0; x < width; x++) {
      const cell = firstCell + (columnOf[x] ?? 0);
      const pixel = y * width + x;
      counts[cell] = (counts[cell] ?? 0) + 1;
      for (let channel = 0; channel < CHANNELS; channel++) {
        const at = cell * CHANNELS + channel;
        cells[at] = (cells[at] ?? 0) + (planes[channel]?.[pixel] ?? 0);
      }
    }
  }
  for (let at = 0; at < cells.length; at++) {
    cells[at] = (cells[at] ?? 0) / (255 * Math.max(1, counts[Math.floor(at / CHANNELS)] ?? 1));
  }
  return { columns, rows, cells: soften(cells, columns, rows) };
}

/** Means of each cell and its neighbours: a slide by half a cell must not make fine patterns look different. */
function soften(cells: Float32Array, columns: number, rows: number): Float32Array {
  return cells.map((_, at) => {
    const cell = Math.floor(at / CHANNELS);
    const [x, y] = [cell % columns, Math.floor(cell / columns)];
    let sum = 0;
    let weights = 0;
    for (let down = -1; down <= 1; down++) {
      for (let right = -1; right <= 1; right++) {
        if (x + right < 0 || x + right >= columns || y + down < 0 || y + down >= rows) continue;
        const weight = (2 - Math.abs(right)) * (2 - Math.abs(down));
        sum += weight * (cells[at + (down * columns + right) * CHANNELS] ?? 0);
        weights += weight;
      }
    }
    return sum / weights;
  });
}

function sharpnessOf({ width, height, planes: [luma] }: SmallPicture): number {
  let sum = 0;
  let squares = 0;
  let count = 0;
  for (let y = 1; y < height - 1; y++) {
    for (let x = 1; x < width - 1; x++) {
      const at = y * width + x;
      const value =
        4 * (luma[at] ?? 0) -
        (luma[at - 1] ?? 0) -
        (luma[at + 1] ?? 0) -
        (luma[at - width] ?? 0) -
        (luma[at + width] ?? 0);
      sum += value;
      squares += value * value;
      count++;
    }
  }
  return count === 0 ? 0 : squares / count - (sum / count) ** 2;
}

function contrastOf({ cells }: Grid): number {
  const count = cells.length / CHANNELS;
  let sum = 0;
  let squares = 0;
  for (let at = 0; at < cells.length; at += CHANNELS) {
    const value = cells[at] ?? 0;
    sum += value;
    squares += value * value;
  }
  return Math.sqrt(Math.max(0, squares / count - (sum / count) ** 2));
}

/** A view may slide this far before it counts as another: what must remain of both pictures. */
const OVERLAP = 0.5;
/** Keeps noise in even pictures from counting as contrast. */
const EVEN = 0.03;
const MOST_GAIN = 1.5;
/** Exposure may wander by this much, from 0 to 1, without counting. */
const EXPOSURE = 0.2;

/**
 * How different two views are: 0 for the same picture, around 1 for unrelated ones. Pictures that show the same thing moved by up to
 * half a picture (a shaking hand, the beginning of a pan) count as little different, so do changes of exposure.
 * The search ends as soon as it finds no more than `enough`.
 */
export function difference(one: Grid, other: Grid, enough = 0): number {
  if (one.columns !== other.columns || one.rows !== other.rows) return Number.POSITIVE_INFINITY;
  let least = Number.POSITIVE_INFINITY;
  for (const { right, down, overlap } of slides(one.columns, one.rows)) {
    // Among equally good matches the smaller slide is the likelier.
    const found = slidDifference(one, other, right, down) * (1 + 0.3 * (1 - overlap));
    if (found < least) least = found;
    if (least <= enough) break;
  }
  return least;
}

interface Slide {
  readonly right: number;
  readonly down: number;
  readonly overlap: number;
}
const slidesBySize = new Map<string, readonly Slide[]>();

/** Every slide that leaves enough of both pictures, the smallest first. */
function slides(columns: number, rows: number): readonly Slide[] {
  const size = `${columns}x${rows}`;
  const known = slidesBySize.get(size);
  if (known) return known;
  const all: Slide[] = [];
  for (let down = 1 - rows; down < rows; down++) {
    for (let right = 1 - columns; right < columns; right++) {
      const overlap = (1 - Math.abs(right) / columns) * (1 - Math.abs(down) / rows);
      if (overlap >= OVERLAP) all.push({ right, down, overlap });
    }
  }
  const sorted = all.sort((one, other) => other.overlap - one.overlap);
  slidesBySize.set(size, sorted);
  return sorted;
}

/** The difference when `other` is slid by whole cells over `one`, relative to how much there is to see in both. */
function slidDifference(one: Grid, other: Grid, right: number, down: number): number {
  const { columns, rows } = one;
  const [left, width] = [Math.max(0, right), columns - Math.abs(right)];
  const [top, height] = [Math.max(0, down), rows - Math.abs(down)];
  const count = width * height;
  let oneSum = 0;
  let oneSquares = 0;
  let otherSum = 0;
  let otherSquares = 0;
  eachPair((a, b) => {
    const [y1, y2] = [one.cells[a] ?? 0, other.cells[b] ?? 0];
    oneSum += y1;
    oneSquares += y1 * y1;
    otherSum += y2;
    otherSquares += y2 * y2;
  });
  const [oneMean, otherMean] = [oneSum / count, otherSum / count];
  const oneDeviation = Math.sqrt(Math.max(0, oneSquares / count - oneMean ** 2));
  const otherDeviation = Math.sqrt(Math.max(0, otherSquares / count - otherMean ** 2));
  // A camera that opens its iris multiplies what it sees.
  const gain = clamp((oneDeviation + EVEN) / (otherDeviation + EVEN), 1 / MOST_GAIN, MOST_GAIN);
  let apart = 0;
  eachPair((a, b) => {
    const [y1, y2] = [(one.cells[a] ?? 0) - oneMean, (other.cells[b] ?? 0) - otherMean];
    apart += Math.abs(y1 - gain * y2);
    apart += Math.abs((one.cells[a + 1] ?? 0) - (other.cells[b + 1] ?? 0));
    apart += Math.abs((one.cells[a + 2] ?? 0) - (other.cells[b + 2] ?? 0));
  });
  const brighter = Math.max(0, Math.abs(oneMean - otherMean) - EXPOSURE);
  return (apart / count + brighter) / (oneDeviation + gain * otherDeviation + EVEN);

  function eachPair(visit: (a: number, b: number) => void): void {
    for (let y = top; y < top + height; y++) {
      for (let x = left; x < left + width; x++) {
        visit((y * columns + x) * CHANNELS, ((y - down) * columns + (x - right)) * CHANNELS);
      }
    }
  }
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}
