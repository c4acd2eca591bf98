/** Writes as Firestore's REST interface takes them (https://firebase.google.com/docs/firestore/reference/rest/v1/Write). */
import type { Timestamp } from "@google-cloud/firestore";
import { partsOf, pathText } from "./fieldPaths.ts";
import {
  encodeFields,
  encodeValue,
  isDeletion,
  isPlain,
  isSentinel,
  type JsonValue,
  timestampToText,
} from "./values.ts";

/** What must hold of a document for a write to it; it is refused otherwise, with all writes beside it. */
export interface Condition {
  readonly exists?: boolean;
  readonly lastUpdateTime?: Timestamp;
}

export type JsonWrite = Readonly<Record<string, unknown>>;
type Content = Readonly<Record<string, unknown>>;

/** Creates a document; refused when there is one. */
export function createWrite(name: string, content: Content): JsonWrite {
  return { ...setWrite(name, content), currentDocument: { exists: false } };
}

/** Writes a document, whether it is there or not. */
export function setWrite(name: string, content: Content): JsonWrite {
  if (leavesOf(content).some(({ value }) => isDeletion(value)))
    throw new TypeError("a field is removed by an update, or by a set that merges");
  return { update: { name, fields: encodeFields(content) }, ...transformsOf(content) };
}

/** Writes the fields that are given, down to those within maps, and leaves the others as they are. */
export function mergeWrite(name: string, content: Content): JsonWrite {
  const fieldPaths = leavesOf(content)
    .filter(({ value }) => isDeletion(value) || !isSentinel(value))
    .map(({ parts }) => pathText(parts));
  return {
    update: { name, fields: encodeFields(content) },
    updateMask: { fieldPaths },
    ...transformsOf(content),
  };
}

/**
 * Writes the fields whose paths are given; what is below a path is replaced. Refused when there is no document.
 * @param changes by path, with dots between a path's parts
 */
export function updateWrite(name: string, changes: Content, condition?: Condition): JsonWrite {
  const paths = Object.entries(changes).map(([path, value]) => ({ parts: partsOf(path), value }));
  if (paths.length === 0) throw new TypeError("an update changes at least one field");
  const nested = nestedOf(paths);
  const fieldPaths = paths
    .filter(({ value }) => isDeletion(value) || !isSentinel(value))
    .map(({ parts }) => pathText(parts));
  return {
    update: { name, fields: encodeFields(nested) },
    updateMask: { fieldPaths },
    ...transformsOf(nested),
    currentDocument: conditionOf(condition) ?? { exists: true },
  };
}

export function deleteWrite(name: string, condition?: Condition): JsonWrite {
  const currentDocument = conditionOf(condition);
  return { delete: name, ...(currentDocument && { currentDocument }) };
}

function conditionOf({ exists, lastUpdateTime }: Condition = {}): JsonValue | undefined {
  if (lastUpdateTime !== undefined) return { updateTime: timestampToText(lastUpdateTime) };
  return exists === undefined ? undefined : { exists };
}

/** @throws TypeError when a path begins with another, so that both can't be written */
function nestedOf(paths: readonly { parts: readonly string[]; value: unknown }[]): Record<string, unknown> {
  const nested: Record<string, unknown> = {};
  const written = new Set(paths.map(({ parts }) => pathText(parts)));
  for (const { parts, value } of paths) {
    let within = nested;
    for (const [index, part] of parts.slice(0, -1).entries()) {
      if (written.has(pathText(parts.slice(0, index + 1))))
        throw new TypeError(`the field ${parts.join(".")} is written twice`);
      const inner = Object.hasOwn(within, part) ? within[part] : {};
      within[part] = inner;
      within = inner as Record<string, unknown>; // made here: no other path writes it
    }
    within[parts.at(-1) ?? ""] = value;
  }
  return nested;
}

interface Leaf {
  readonly parts: readonly string[];
  readonly value: unknown;
}

/** What a document holds, down to what is no map. An empty map is itself a leaf. */
function leavesOf(content: Content, above: readonly string[] = []): Leaf[] {
  return Object.entries(content).flatMap(([name, value]) => {
    const parts = [...above, name];
    return isPlain(value) && Object.keys(value).length > 0 ? leavesOf(value, parts) : [{ parts, value }];
  });
}

function transformsOf(content: Content): { updateTransforms?: JsonValue[] } {
  const updateTransforms = leavesOf(content).flatMap(({ parts, value }) =>
    isSentinel(value) && !isDeletion(value)
      ? [value.toProto({ encodeValue }, { formattedName: pathText(parts) })]
      : [],
  );
  return updateTransforms.length === 0 ? {} : { updateTransforms };
}
