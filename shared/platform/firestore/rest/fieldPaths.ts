/** Names of fields within fields: `lease.until`. */
const SIMPLE = /^[A-Za-z_][A-Za-z_0-9]*$/;

/**
 * The parts of a path that is written with dots. `__name__` is a document's id (`FieldPath.documentId()`).
 * @throws TypeError for a part without a name
 */
export function partsOf(path: { toString(): string }): string[] {
  const parts = String(path).split(".");
  if (parts.includes("")) throw new TypeError(`"${path}" is no path of a field`);
  return parts;
}

/** A path as Firestore takes it: parts that are no simple names are quoted. */
export function pathText(parts: readonly string[]): string {
  return parts
    .map((part) => (SIMPLE.test(part) ? part : `\`${part.replaceAll(/[\\`]/g, "\\$&")}\``))
    .join(".");
}

/** A value within maps, or undefined. */
export function valueAt(record: unknown, parts: readonly string[]): unknown {
  let value = record;
  for (const part of parts) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, part)) return undefined;
    value = (value as Record<string, unknown>)[part];
  }
  return value;
}
