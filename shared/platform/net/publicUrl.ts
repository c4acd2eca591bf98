import { isIP } from "node:net";
import { isPublicAddress } from "./publicAddress.ts";

/** A URL longer than this is refused. */
export const MAX_URL_LENGTH = 2048;

/**
 * The URL that a text is, if it may be fetched as far as its text says: https at its own port, no user and password, and no IP address that
 * isn't public. URL parsing brings every notation of an IPv4 address (decimal, octal, hexadecimal, short) into the usual one, and an
 * address never reaches a look-up, so it is judged here. What a name leads to is judged when it is looked up.
 * @param base what a relative text is relative to
 * @returns undefined for any other text
 */
export function publicUrl(text: string, base?: URL): URL | undefined {
  if (text.length > MAX_URL_LENGTH) return undefined;
  const url = URL.parse(text, base?.href);
  if (url?.protocol !== "https:" || url.href.length > MAX_URL_LENGTH) return undefined;
  if (url.username !== "" || url.password !== "") return undefined;
  if (url.port !== "") return undefined; // 443 is left out by the parser
  const literal = literalIn(url);
  return literal !== undefined && !isPublicAddress(literal) ? undefined : url;
}

/** The IP address that a URL names its host by; undefined for a name. */
export function literalIn({ hostname }: URL): string | undefined {
  const host = hostname.replace(/^\[(.*)\]$/, "$1");
  return isIP(host) === 0 ? undefined : host;
}
