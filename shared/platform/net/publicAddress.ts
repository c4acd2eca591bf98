import { isIP } from "node:net";
import ipaddr from "ipaddr.js";

/**
 * Whether an IP address is one of the public Internet: not this machine, a private or shared network, a link (and so no metadata server),
 * a group, documentation, or reserved. An IPv6 address that carries an IPv4 address (mapped, NAT64, 6to4) is what that one is.
 * Source: IANA's registries of special-purpose addresses, https://www.iana.org/assignments/iana-ipv4-special-registry and
 * https://www.iana.org/assignments/iana-ipv6-special-registry.
 * @param address in the notation of a look-up's answer; any other (short, octal, with a zone) is not public
 */
export function isPublicAddress(address: string): boolean {
  if (isIP(address) === 0 || address.includes("%")) return false;
  const parsed = carried(ipaddr.parse(inHex(address)));
  if (parsed.range() !== "unicast") return false;
  return isIPv6(parsed) ? isGlobalIPv6(parsed) : !inAny(parsed, RESERVED_IPV4);
}

/** The library takes the old form `::192.0.2.1` for `::ffff:192.0.2.1`, another address; so IPv6 is written without dots first. */
function inHex(address: string): string {
  return isIP(address) === 6 ? new URL(`https://[${address}]`).hostname.slice(1, -1) : address;
}

type Address = ReturnType<typeof ipaddr.parse>;
type IPv6 = InstanceType<typeof ipaddr.IPv6>;

/** Ranges that the library counts as unicast, or did so in some version. */
const RESERVED_IPV4 = ["0.0.0.0/8", "192.0.0.0/24", "192.88.99.0/24", "198.18.0.0/15", "240.0.0.0/4"];
/** All that is assigned for the public Internet is in 2000::/3 (RFC 4291, 2.4). */
const GLOBAL_IPV6 = ["2000::/3"];
/** Of those: protocol assignments, 6to4 whose carried address was looked at, and documentation (RFC 3849, RFC 9637). */
const RESERVED_IPV6 = ["2001::/23", "2001:db8::/32", "3fff::/20"];
/** RFC 6052: the well-known prefix, behind which the IPv4 address are the last 32 bits. */
const NAT64 = ["64:ff9b::/96"];
/** RFC 3056: the IPv4 address follows the prefix. */
const SIX_TO_FOUR = ["2002::/16"];

function carried(address: Address): Address {
  if (!isIPv6(address)) return address;
  if (address.isIPv4MappedAddress()) return address.toIPv4Address();
  const bytes = address.toByteArray();
  if (inAny(address, NAT64)) return ipaddr.fromByteArray(bytes.slice(12));
  if (inAny(address, SIX_TO_FOUR)) return ipaddr.fromByteArray(bytes.slice(2, 6));
  return address;
}

function isIPv6(address: Address): address is IPv6 {
  return address.kind() === "ipv6";
}

function isGlobalIPv6(address: IPv6): boolean {
  return inAny(address, GLOBAL_IPV6) && !inAny(address, RESERVED_IPV6);
}

function inAny(address: Address, ranges: readonly string[]): boolean {
  return ranges.some((range) => {
    const [network, bits] = ipaddr.parseCIDR(range);
    return network.kind() === address.kind() && address.match(network, bits);
  });
}
