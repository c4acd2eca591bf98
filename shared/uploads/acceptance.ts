/** What may be uploaded before it is known which job uses it: every type that some kind accepts. */
import type { Kinds } from "../kinds/index.ts";
import { isOneOf, usualName } from "../platform/media/mediaTypes.ts";

const FAMILIES = ["video", "image", "audio"];

/**
 * The largest size that any kind accepts for a declared type, in bytes; 0 when no kind accepts it. A phone may name a related
 * type (QuickTime for MP4), so any video type stands for all, and so for pictures and sound; what arrives is checked again.
 */
export function largestDeclared(kinds: Kinds, contentType: string): number {
  return largest(kinds, (types) => isDeclarable(types, contentType));
}

/** Whether content of one of `types` may be declared as `contentType`: one of them, or another of the same family. */
export function isDeclarable(types: readonly string[], contentType: string): boolean {
  const declared = usualName(contentType);
  const family = declared.split("/", 1)[0] ?? "";
  return (
    isOneOf(types, declared) ||
    (FAMILIES.includes(family) && types.some((type) => type.startsWith(`${family}/`)))
  );
}

/** Whether any kind accepts content whose first bytes say that it is `contentType`. */
export function isTaken(kinds: Kinds, contentType: string): boolean {
  return largest(kinds, (types) => isOneOf(types, contentType)) > 0;
}

function largest(kinds: Kinds, fits: (types: readonly string[]) => boolean): number {
  let bytes = 0;
  for (const kind of kinds.values()) {
    for (const rule of Object.values(kind.inputs)) {
      if (fits(rule.contentTypes)) bytes = Math.max(bytes, rule.maxBytes);
    }
  }
  return bytes;
}
