/** E-mail addresses: one function reads them wherever one enters, so that what can sign in can be invited and mailed to. */
import { domainToASCII, domainToUnicode } from "node:url";

export interface Address {
  /** As it was written, without blanks around it; for people to read. */
  readonly written: string;
  /**
   * What is stored to compare by, and what mail is sent to: lower case, the domain in ASCII (punycode). Two ways to write one mailbox
   * have one canonical form. At most 254 bytes.
   */
  readonly canonical: string;
}

/** RFC 5321, sections 4.5.3.1.1 and 4.5.3.1.3 with erratum 1690: bytes of the part before the `@`, and of the whole. */
const LOCAL_BYTES = 64;
const ADDRESS_BYTES = 254;

/** Blanks, and the invisible marks that keyboards and copying from a chat leave around a text. */
const AROUND =
  /^[\s\u200b-\u200f\u2060-\u2064\u202a-\u202e\u2066-\u2069]+|[\s\u200b-\u200f\u2060-\u2064\u202a-\u202e\u2066-\u2069]+$/gu;
/**
 * RFC 5322's atext and RFC 6531's non-ASCII characters, with dots anywhere: docomo and au gave out addresses with two dots in a row or
 * one before the `@`. Without invisible characters and blanks: a person could not distinguish such addresses.
 */
const LOCAL = /^(?:[\w!#$%&'*+\-/=?^`{|}~.]|(?!\p{C}|\p{Z})[^\0-\x7f])+$/u;
/** What may be written of a domain: ASCII letters, digits, hyphens, dots, and other scripts. `domainToASCII` would take more, as in a URL. */
const WRITTEN_DOMAIN = /^(?:[a-z0-9.-]|[^\0-\x7f])+$/iu;
/** RFC 1035: labels of 1 to 63. Two at least, and the last one no number, which excludes IP addresses. */
const DOMAIN = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?!\d+$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])$/;

/**
 * Reads an address as people, keyboards and identity providers write it: with blanks around it, in any case, with letters outside
 * ASCII (RFC 6531), with an international domain in either form (RFC 5891), quoted although it need not be.
 *
 * Case is ignored before the `@` too: RFC 5321 allows a mailbox to differ by it, no provider has such mailboxes.
 * @returns undefined for what can't be an address, or only in forms that are not supported: blanks or `@` in quotes, an IP address
 *   as the domain
 */
export function readAddress(text: string): Address | undefined {
  const trimmed = text.normalize("NFC").replace(AROUND, "");
  const at = trimmed.lastIndexOf("@");
  const local = unquoted(trimmed.slice(0, Math.max(at, 0)));
  const domain = trimmed.slice(at + 1);
  if (!LOCAL.test(local) || !/[^.]/.test(local) || !WRITTEN_DOMAIN.test(domain)) return undefined;
  const ascii = domainToASCII(domain);
  if (!DOMAIN.test(ascii)) return undefined;
  const canonical = `${local.toLowerCase().normalize("NFC")}@${ascii}`;
  const written = `${local}@${domain}`;
  const fits =
    Math.max(bytes(local), bytes(canonical) - bytes(ascii) - 1) <= LOCAL_BYTES &&
    Math.max(bytes(written), bytes(canonical)) <= ADDRESS_BYTES;
  return fits ? { written, canonical } : undefined;
}

/** A canonical address with its domain in its own script, for people to read. */
export function readableAddress(canonical: string): string {
  const at = canonical.lastIndexOf("@") + 1;
  return canonical.slice(0, at) + domainToUnicode(canonical.slice(at));
}

/** Whether `readAddress` can read it. */
export function isAddress(text: string): boolean {
  return readAddress(text) !== undefined;
}

/** RFC 5321's quoted string without its quotes; `"a..b"` and `a..b` are one mailbox. */
function unquoted(local: string): string {
  const quoted = /^"((?:[^"\\]|\\.)*)"$/su.exec(local)?.[1];
  return quoted === undefined ? local : quoted.replace(/\\(.)/gsu, "$1");
}

function bytes(text: string): number {
  return Buffer.byteLength(text);
}
