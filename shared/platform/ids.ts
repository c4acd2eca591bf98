import { randomBytes } from "node:crypto";

/** A source of fresh ids; injected, so tests can name what they make. */
export type NewId = () => string;
/** A source of random bytes; injected for the same reason. */
export type RandomBytes = (size: number) => Buffer;

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
export const randomId: NewId = () => base32(randomBytes(17)).slice(0, 26);

/** What every id in a path or body looks like; anything else can't be ours and is answered like an id that isn't there. */
export const ID_PATTERN = /^[0-9a-z]{20,40}$/;
