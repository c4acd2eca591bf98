import { isIP } from "node:net";

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
 * What a limit per address counts by: an IPv4 address as it is, an IPv6 address by its /64, since that is what one household or
 * phone is given.
 */
export function addressSubject(address: string): string {
  if (isIP(address) !== 6) return address;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  if (mapped?.[1] !== undefined) return mapped[1];
  const [head = "", tail] = address.toLowerCase().split("::");
  const left = head === "" ? [] : head.split(":");
  const right = tail === undefined || tail === "" ? [] : tail.split(":");
  const middle =
    tail === undefined ? [] : Array.from({ length: Math.max(0, 8 - left.length - right.length) }, () => "0");
  return `${[...left, ...middle, ...right]
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ""))
    .join(":")}::/64`;
}
