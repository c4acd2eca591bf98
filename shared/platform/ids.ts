import { randomBytes } from "node:crypto";

/** A source of fresh ids; injected, so tests can name what they make. */
export type NewId = () => string;
/** A source of random bytes; injected for the same reason. */
export type RandomBytes = (size: number) => Buffer;

let drawn = Buffer.alloc(0);
let used = 0;

/**
 * Random bytes for ids, which are many and short: drawn from the system some thousand at a time, since a call costs more than its bytes. Each is
 * given out once. Keys and tokens are made of `RandomBytes`.
 * @param size at most 64
 */
export function smallRandom(size: number): Buffer {
  if (used + size > drawn.length) {
    drawn = randomBytes(4096);
    used = 0;
  }
  used += size;
  return drawn.subarray(used - size, used);
}

/** Crockford's base32 in lower case: no i, l, o, u; safe in URLs, object names, task names and Firestore paths alike. */
const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";

/** Encodes bytes in Crockford base32 (lower case, most significant bits first, no padding). */
export function base32(bytes: Uint8Array): string {
  let text = "";
  let bits = 0;
  let held = 0;
  for (const byte of bytes) {
    held = (held << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += ALPHABET.charAt((held >>> bits) & 31);
    }
    held &= (1 << bits) - 1;
  }
  return bits > 0 ? text + ALPHABET.charAt((held << (5 - bits)) & 31) : text;
}

/** A fresh id: 130 random bits as 26 characters of `[0-9a-z]`. Random on purpose: sequential ids make hot ranges in Firestore. */
export const randomId: NewId = () => base32(smallRandom(17)).slice(0, 26);

/** What every id in a path or body looks like; anything else can't be ours and is answered like an id that isn't there. */
export const ID_PATTERN = /^[0-9a-z]{20,40}$/;
