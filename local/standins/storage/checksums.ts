/** What Cloud Storage knows of an object's bytes: size, CRC32C and MD5, all computed while the bytes pass by. */
import { createHash, type Hash } from "node:crypto";
import { CRC32C } from "@google-cloud/storage";
import { badDigest, tooLarge, tooSmall } from "./failure.ts";

/** Sums up a byte stream; holds none of it. */
export class Checksums {
  #size = 0;
  readonly #crc32c = new CRC32C();
  readonly #md5 = createHash("md5");
  readonly #sha256: Hash | undefined;

  /** @param withSha256 also compute what only a request signed with `x-goog-content-sha256` needs */
  constructor(withSha256 = false) {
    this.#sha256 = withSha256 ? createHash("sha256") : undefined;
  }

  update(bytes: Buffer): void {
    this.#size += bytes.length;
    this.#crc32c.update(bytes);
    this.#md5.update(bytes);
    this.#sha256?.update(bytes);
  }

  get size(): number {
    return this.#size;
  }

  /** The sums so far; more bytes may follow. */
  read(): Sums {
    return {
      size: this.#size,
      crc32c: this.#crc32c.toString(),
      md5: this.#md5.copy().digest("base64"),
      ...(this.#sha256 === undefined ? {} : { sha256: this.#sha256.copy().digest("hex") }),
    };
  }
}

export interface Sums {
  /** Bytes. */
  readonly size: number;
  /** Base64 of the big-endian CRC32C. */
  readonly crc32c: string;
  /** Base64. */
  readonly md5: string;
  /** Hexadecimal. */
  readonly sha256?: string;
}

/** What the sender, or who signed for it, said beforehand. */
export interface Expected {
  readonly crc32c?: string;
  readonly md5?: string;
  readonly sha256?: string;
  /** `x-goog-content-length-range`: smallest and largest size in bytes, both allowed. */
  readonly lengthRange?: readonly [number, number];
}

/** @throws StorageError 400 when a complete upload isn't what was announced */
export function verifySums(sums: Sums, expected: Expected): void {
  verifySize(sums.size, expected);
  if (expected.crc32c !== undefined && expected.crc32c !== sums.crc32c) {
    throw badDigest(`Provided CRC32C "${expected.crc32c}" doesn't match calculated CRC32C "${sums.crc32c}".`);
  }
  if (expected.md5 !== undefined && expected.md5 !== sums.md5) {
    throw badDigest(`Provided MD5 hash "${expected.md5}" doesn't match calculated MD5 hash "${sums.md5}".`);
  }
  if (expected.sha256 !== undefined && expected.sha256 !== sums.sha256) {
    throw badDigest("The x-goog-content-sha256 that was signed doesn't match the payload.");
  }
}

/** @throws StorageError 400 when an upload of `size` bytes is outside of the allowed range */
export function verifySize(size: number, { lengthRange }: Expected): void {
  if (lengthRange === undefined) return;
  if (size > lengthRange[1]) throw tooLarge();
  if (size < lengthRange[0]) throw tooSmall();
}

/** Base64 of the big-endian CRC32C, as Cloud Storage gives it, of a buffer or of a stream that is not held in memory. */
export async function crc32cBase64(source: Uint8Array | AsyncIterable<Uint8Array>): Promise<string> {
  const crc32c = new CRC32C();
  if (source instanceof Uint8Array) crc32c.update(Buffer.from(source));
  else for await (const bytes of source) crc32c.update(Buffer.from(bytes));
  return crc32c.toString();
}
