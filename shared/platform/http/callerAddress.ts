/** Where a request came from, as far as the way in lets us know it. docs/security.md says who can forge what. */
import { isIP } from "node:net";
import ipaddr from "ipaddr.js";
import type { SettingsOf } from "../config/settings.ts";

/** The way in: the setting EDGE, or `none` for a function that no proxy of ours stands before. */
export type Edge = SettingsOf<"EDGE">["EDGE"] | "none";

/** The header that the load balancer overwrites with `{client_ip_address}`, its own view of the caller (a custom request header of its backend). */
export const CLIENT_ADDRESS_HEADER = "x-client-address";

/** Hosting names the host that was asked for, and its emulator does so too (firebase-tools, the file hosting/proxy). */
const HOSTING_HEADERS = ["x-forwarded-host", "x-fh-requested-host"];

/** What is counted when the way in names no address. */
const UNKNOWN = "unknown";

export interface CallerAddress {
  /** What a limit per address counts the request by. */
  readonly subject: string;
  /** Why it is counted more coarsely than the way in promises, perhaps together with others; undefined as it should be. */
  readonly coarse?: CoarseReason;
}

/**
 * - `client_address`: the balancer's header holds no address; all such requests count together.
 * - `forwarded_for`: the last entry of X-Forwarded-For is no address; the socket's counts, which is a front end's.
 * - `phone`: through Hosting, the last entry but one is no address; all phones that come by one of Hosting's count together.
 */
export type CoarseReason = "client_address" | "forwarded_for" | "phone";

/**
 * What a limit per address counts a request by. Text in the request that isn't an address is never part of it.
 * - `loadBalancer`: the balancer's header. A caller can't forge it as long as ingress is restricted to the balancer.
 * - `hosting`: Hosting appends the caller's address to X-Forwarded-For, and the function's own front end then appends Hosting's. Such a
 *   request is counted by both: by the first, so that two phones are never counted together; by the second, which is always true, so that
 *   who calls the function's own address under a phone's address spends nothing of that phone's. A request without Hosting's header came
 *   to the function's own address; it is counted by the last entry.
 * - `none`: the socket's address.
 * @param header reads a request header by its name in lower case
 */
export function callerAddress(
  edge: Edge,
  header: (name: string) => string | undefined,
  socketAddress: string | undefined,
): CallerAddress {
  const socket = () => networkOf(socketAddress) ?? UNKNOWN;
  if (edge === "none") return { subject: socket() };
  if (edge === "loadBalancer") {
    const client = networkOf(header(CLIENT_ADDRESS_HEADER));
    return client === undefined ? { subject: UNKNOWN, coarse: "client_address" } : { subject: client };
  }
  const entries = (header("x-forwarded-for") ?? "").split(",").filter((entry) => entry.trim() !== "");
  const last = networkOf(entries.at(-1));
  if (last === undefined) return { subject: socket(), coarse: "forwarded_for" };
  if (!HOSTING_HEADERS.some((name) => header(name) !== undefined)) return { subject: last };
  const phone = networkOf(entries.at(-2));
  return phone === undefined ? { subject: last, coarse: "phone" } : { subject: `${phone} via ${last}` };
}

/**
 * An IPv4 address as it is, also one that is written as IPv6 (RFC 4291 section 2.5.5.2); an IPv6 address by its /64, since that is what one
 * household or phone is given; undefined for anything else. Some proxies add a port.
 */
function networkOf(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  // As a server that listens by IPv6 names a caller by IPv4.
  const mapped = /^::ffff:([\d.]+)$/i.exec(text)?.[1];
  const address = withoutPort(mapped ?? text.trim());
  const family = isIP(address);
  if (family !== 6) return family === 4 ? address : undefined;
  const parsed = ipaddr.IPv6.parse(address);
  if (parsed.isIPv4MappedAddress()) return parsed.toIPv4Address().toString();
  const network = new ipaddr.IPv6([...parsed.parts.slice(0, 4), 0, 0, 0, 0]);
  return `${network.toRFC5952String()}/64`;
}

/** `192.0.2.4:443` and `[2001:db8::1]:443` without the port; anything else as it is. */
function withoutPort(text: string): string {
  const [, v6, v4] = /^(?:\[([^\]]+)\]|([\d.]+)):\d{1,5}$/.exec(text) ?? [];
  return v6 ?? v4 ?? text;
}
