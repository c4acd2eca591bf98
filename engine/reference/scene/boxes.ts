import type { FileHandle } from "node:fs/promises";

/** A box of an ISO base media file (ISO/IEC 14496-12, 4.2). Places are bytes from the file's beginning. */
export interface Box {
  readonly type: string;
  readonly start: number;
  /** Where its content begins. */
  readonly content: number;
  /** Where it ends, as it says; beyond the file if that was cut off. */
  readonly end: number;
}

const MOST_BOXES = 10_000;

/** The boxes that follow each other from `start` to `end`, without those inside them. Only their headers are read. */
export async function* boxesIn(file: FileHandle, start: number, end: number): AsyncGenerator<Box> {
  const header = Buffer.alloc(16);
  let at = start;
  for (let count = 0; count < MOST_BOXES && at + 8 <= end; count++) {
    await file.read(header, 0, 16, at);
    const short = header.readUInt32BE(0);
    // 1: a length of 64 bits follows; 0: the box goes on to the end.
    const long = short === 1;
    const length = long ? Number(header.readBigUInt64BE(8)) : short || end - at;
    const content = at + (long ? 16 : 8);
    const box = {
      type: header.toString("latin1", 4, 8),
      start: at,
      content,
      end: Math.max(content, at + length),
    };
    yield box;
    at = box.end;
  }
}
