import { open } from "node:fs/promises";

/**
 * Whether an MP4 or QuickTime file ends before its index (the `moov` box, ISO/IEC 14496-12): phones write it last, so a copy that
 * broke off lacks it and no player can show anything. False for every other file.
 */
export async function isCutOff(path: string): Promise<boolean> {
  await using file = await open(path);
  const { size } = await file.stat();
  const header = Buffer.alloc(16);
  let offset = 0;
  for (let boxes = 0; boxes < 100 && offset + 8 <= size; boxes++) {
    await file.read(header, 0, 16, offset);
    const type = header.toString("latin1", 4, 8);
    if (boxes === 0 && !["ftyp", "mdat", "wide", "free", "skip"].includes(type)) return false;
    if (type === "moov") return offset + boxLength(header, size - offset) > size;
    offset += Math.max(8, boxLength(header, size - offset));
  }
  return offset > 0;
}

/** A length of 1 means that a 64-bit length follows, 0 that the box goes on to the end of the file. */
function boxLength(header: Buffer, rest: number): number {
  const length = header.readUInt32BE(0);
  if (length === 1) return Number(header.readBigUInt64BE(8));
  return length === 0 ? rest : length;
}
