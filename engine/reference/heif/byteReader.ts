/** Reads numbers and boxes from a part of a file. Throws RangeError where the part ends too early. */
export class ByteReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  /** A big-endian number of 0, 1, 2, 3, 4 or 8 bytes; 0 for none. */
  number(bytes: number): number {
    if (bytes === 0) return 0;
    const from = this.#at;
    this.#at += bytes;
    if (bytes === 8) return Number(this.#bytes.readBigUInt64BE(from));
    return this.#bytes.readUIntBE(from, bytes);
  }

  signed(): number {
    return this.number(4) | 0;
  }

  text(length: number): string {
    return this.take(length).toString("latin1");
  }

  take(length: number): Buffer {
    if (length > this.left) throw new RangeError(`${length} bytes are needed, ${this.left} are left`);
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  rest(): Buffer {
    return this.take(this.left);
  }

  /** The version and the flags that a full box begins with (ISO/IEC 14496-12, 4.2). */
  full(): { readonly version: number; readonly flags: number } {
    return { version: this.number(1), flags: this.number(3) };
  }

  /** The boxes that follow, in order; the last may be cut off. */
  *boxes(): Generator<{ readonly type: string; readonly content: Buffer }> {
    while (this.left >= 8) {
      const short = this.number(4);
      const type = this.text(4);
      const header = short === 1 ? 16 : 8;
      const length = short === 1 ? this.number(8) : short;
      const content = length === 0 ? this.left : Math.max(0, Math.min(this.left, length - header));
      yield { type, content: this.take(content) };
    }
  }
}
