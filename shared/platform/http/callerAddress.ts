import { isIP } from "node:net";
import ipaddr from "ipaddr.js";

/**
 * The address a request came from. Each proxy appends the address it saw to X-Forwarded-For, so only the entries that our own
 * `trustedHops` proxies wrote can be believed: counted from the right, the last trusted proxy's entry is the caller. What stands
 * further left is the caller's own claim. With 0 hops, or with fewer entries than hops, the socket's address is taken.
 */
export function callerAddress(
  forwardedFor: string | undefined,
  socketAddress: string | undefined,
  trustedHops: number,
): string {
  const entries = (forwardedFor ?? "")
    .split(",")
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "");
  const claimed = trustedHops > 0 ? entries.at(-trustedHops) : undefined;
  if (claimed !== undefined && isIP(claimed) !== 0) return claimed;
  return socketAddress ?? "unknown";
}

/**
 * What a limit per address counts by: an IPv4 address as it is, also one that is written as IPv6 (RFC 4291 section 2.5.5.2); an IPv6
 * address by its /64, since that is what one household or phone is given.
 */
export function addressSubject(address: string): string {
  if (isIP(address) !== 6) return address;
  const parsed = ipaddr.IPv6.parse(address);
  if (parsed.isIPv4MappedAddress()) return parsed.toIPv4Address().toString();
  const network = new ipaddr.IPv6([...parsed.parts.slice(0, 4), 0, 0, 0, 0]);
  return `${network.toRFC5952String()}/64`;
}
