import { createReadStream } from "node:fs";

/** Castagnoli's polynomial, reflected (RFC 3720, 12.1). */
const POLYNOMIAL = 0x82f63b78;
const SLICES = 8;

/**
 * Eight tables of 256: the n-th advances a byte by n more bytes, so that eight bytes are taken at a step ("slicing-by-8", Kounavis
 * and Berry, 2005).
 */
const table = makeTable();

/** CRC32C of a stream of bytes, as Cloud Storage gives it. */
export class Crc32c {
  #state = 0xffffffff;

  update(bytes: Uint8Array): this {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let state = this.#state;
    let at = 0;
    for (; at + SLICES <= bytes.length; at += SLICES) {
      const low = state ^ view.getUint32(at, true);
      const high = view.getUint32(at + 4, true);
      state =
        entry(7, low) ^
        entry(6, low >>> 8) ^
        entry(5, low >>> 16) ^
        entry(4, low >>> 24) ^
        entry(3, high) ^
        entry(2, high >>> 8) ^
        entry(1, high >>> 16) ^
        entry(0, high >>> 24);
    }
    for (; at < bytes.length; at++) state = (state >>> 8) ^ entry(0, state ^ view.getUint8(at));
    this.#state = state;
    return this;
  }

  /** Base64 of the four bytes, most significant first. */
  base64(): string {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE((this.#state ^ 0xffffffff) >>> 0);
    return bytes.toString("base64");
  }
}

/** CRC32C of a file, read once. */
export async function crc32cOfFile(path: string): Promise<string> {
  const sum = new Crc32c();
  for await (const chunk of createReadStream(path)) sum.update(chunk);
  return sum.base64();
}

function entry(slice: number, byte: number): number {
  return table[slice * 256 + (byte & 255)] ?? 0;
}

function makeTable(): Int32Array {
  const made = new Int32Array(SLICES * 256);
  for (let byte = 0; byte < 256; byte++) {
    let value = byte;
    for (let bit = 0; bit < 8; bit++) value = (value >>> 1) ^ (value & 1 ? POLYNOMIAL : 0);
    made[byte] = value;
  }
  for (let index = 256; index < made.length; index++) {
    const before = made[index - 256] ?? 0;
    made[index] = (before >>> 8) ^ (made[before & 255] ?? 0);
  }
  return made;
}
