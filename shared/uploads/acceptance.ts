/** What may be uploaded before it is known which job uses it: every type that some kind accepts. */
import type { Kinds } from "../kinds/index.ts";

const FAMILIES = ["video", "image", "audio"];

/** The same media type without parameters, in lower case. */
export function essence(contentType: string): string {
  return (contentType.split(";", 1)[0] ?? "").trim().toLowerCase();
}

/**
 * The largest size that any kind accepts for a declared type, in bytes; 0 when no kind accepts it. A phone may name a related
 * type (QuickTime for MP4), so any video type stands for all, and so for pictures and sound; what arrives is checked again.
 */
export function largestDeclared(kinds: Kinds, contentType: string): number {
  const declared = essence(contentType);
  const family = declared.split("/", 1)[0] ?? "";
  return largest(
    kinds,
    (type) => type === declared || (FAMILIES.includes(family) && type.startsWith(`${family}/`)),
  );
}

/** Whether any kind accepts content whose first bytes say that it is `contentType`. */
export function isTaken(kinds: Kinds, contentType: string): boolean {
  return largest(kinds, (type) => type === contentType) > 0;
}

function largest(kinds: Kinds, fits: (type: string) => boolean): number {
  let bytes = 0;
  for (const kind of kinds.values()) {
    for (const rule of Object.values(kind.inputs)) {
      if (rule.contentTypes.some(fits)) bytes = Math.max(bytes, rule.maxBytes);
    }
  }
  return bytes;
}
