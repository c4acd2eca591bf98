/** What may be uploaded at all, before it is known which job wants it: whatever some kind could take. */
import type { Kinds } from "../kinds/index.ts";

const FAMILIES = ["video", "image", "audio"];

/** The same media type without parameters, in lower case. */
export function essence(contentType: string): string {
  return (contentType.split(";", 1)[0] ?? "").trim().toLowerCase();
}

/**
 * The largest size that any kind accepts for a declared type, in bytes; 0 when no kind could take it. A phone may name a cousin of
 * the real type (QuickTime for MP4), so a video, picture or sound counts as its family; what arrives is looked at again.
 */
export function largestDeclared(kinds: Kinds, contentType: string): number {
  const declared = essence(contentType);
  const family = declared.split("/", 1)[0] ?? "";
  return largest(
    kinds,
    (type) => type === declared || (FAMILIES.includes(family) && type.startsWith(`${family}/`)),
  );
}

/** Whether any kind takes content whose first bytes say it is `contentType`. */
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
