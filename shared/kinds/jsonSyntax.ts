/** JSON that is too large to be parsed, looked at byte by byte: no value is made, so it takes no memory but the bytes' own. */

const [QUOTE, BACKSLASH, COMMA, COLON] = [0x22, 0x5c, 0x2c, 0x3a];
const [OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];
const [MINUS, POINT, ZERO, NINE] = [0x2d, 0x2e, 0x30, 0x39];
const ESCAPES: ReadonlySet<number> = new Set(Buffer.from('"\\/bfnrt'));
const WORDS = [Buffer.from("true"), Buffer.from("false"), Buffer.from("null")];

/** What may come next. `first`: the first element of an array, or its end; `firstKey`: likewise of an object. */
type Next = "value" | "first" | "key" | "firstKey" | "colon" | "separator";

/**
 * Whether the bytes, which are UTF-8, are one JSON text (RFC 8259).
 * @throws nothing; time grows with the bytes
 */
export function isJsonText(bytes: Uint8Array): boolean {
  const open: number[] = [];
  let next: Next = "value";
  let at = 0;
  for (;;) {
    while (isSpace(bytes[at])) at += 1;
    const byte = bytes[at];
    if (byte === undefined) return next === "separator" && open.length === 0;
    if (next === "separator") {
      const within = open.at(-1);
      if (within === undefined) return false;
      if (byte === COMMA) next = within === OPEN_ARRAY ? "value" : "key";
      else if (byte === (within === OPEN_ARRAY ? CLOSE_ARRAY : CLOSE_OBJECT)) open.pop();
      else return false;
      at += 1;
    } else if (next === "colon") {
      if (byte !== COLON) return false;
      next = "value";
      at += 1;
    } else if ((next === "first" && byte === CLOSE_ARRAY) || (next === "firstKey" && byte === CLOSE_OBJECT)) {
      open.pop();
      next = "separator";
      at += 1;
    } else if (next === "key" || next === "firstKey") {
      at = byte === QUOTE ? endOfText(bytes, at) : -1;
      next = "colon";
    } else if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) {
      open.push(byte);
      next = byte === OPEN_ARRAY ? "first" : "firstKey";
      at += 1;
    } else {
      at = byte === QUOTE ? endOfText(bytes, at) : endOfScalar(bytes, at);
      next = "separator";
    }
    if (at < 0) return false;
  }
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

/** Behind the text that begins here; -1 when it is none. */
function endOfText(bytes: Uint8Array, start: number): number {
  for (let at = start + 1; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0;
    if (byte === QUOTE) return at + 1;
    if (byte < 0x20) return -1;
    if (byte !== BACKSLASH) continue;
    at += 1;
    const escaped = bytes[at] ?? 0;
    if (escaped === 0x75) {
      for (let digit = 1; digit <= 4; digit++) if (!isHex(bytes[at + digit])) return -1;
      at += 4;
    } else if (!ESCAPES.has(escaped)) return -1;
  }
  return -1;
}

function isHex(byte = 0): boolean {
  return isDigit(byte) || (byte >= 0x41 && byte <= 0x46) || (byte >= 0x61 && byte <= 0x66);
}

function isDigit(byte = 0): boolean {
  return byte >= ZERO && byte <= NINE;
}

/** Behind the number or word that begins here; -1 when it is none. */
function endOfScalar(bytes: Uint8Array, start: number): number {
  for (const word of WORDS) {
    if (word.every((letter, index) => bytes[start + index] === letter)) return start + word.length;
  }
  let at = bytes[start] === MINUS ? start + 1 : start;
  const whole = at;
  at = endOfDigits(bytes, at);
  if (at === whole || (bytes[whole] === ZERO && at > whole + 1)) return -1;
  if (bytes[at] === POINT) {
    const end = endOfDigits(bytes, at + 1);
    if (end === at + 1) return -1;
    at = end;
  }
  if (bytes[at] === 0x65 || bytes[at] === 0x45) {
    const signed = bytes[at + 1] === 0x2b || bytes[at + 1] === MINUS ? at + 2 : at + 1;
    const end = endOfDigits(bytes, signed);
    if (end === signed) return -1;
    at = end;
  }
  return at;
}

function endOfDigits(bytes: Uint8Array, start: number): number {
  let at = start;
  while (isDigit(bytes[at])) at += 1;
  return at;
}
