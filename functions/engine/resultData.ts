import { type Kind, MAX_RESULT_DATA_BYTES } from "#shared/kinds/kind.ts";
import type { InputIssue } from "#shared/platform/errors.ts";

/** Firestore nests maps twenty deep; the result document is one of them. */
const MAX_DEPTH = 18;

/** What is wrong with a completion's `data`: its size, its shape by the kind, or that neither of our stores could hold it. */
export function problemsOfData(
  kind: Kind,
  data: Readonly<Record<string, unknown>> | undefined,
): InputIssue[] {
  if (data === undefined) return [];
  if (Buffer.byteLength(JSON.stringify(data)) > MAX_RESULT_DATA_BYTES) {
    return [
      { path: "data", message: `at most ${MAX_RESULT_DATA_BYTES} bytes as JSON; more belongs into a file` },
    ];
  }
  const parsed = kind.result.safeParse(data);
  if (!parsed.success) {
    return parsed.error.issues.map((issue) => ({
      path: ["data", ...issue.path].map(String).join("."),
      message: issue.message,
    }));
  }
  const unstorable = unstorableAt(data, "data", 0);
  return unstorable ? [unstorable] : [];
}

/** Firestore holds no array in an array and no field named "" or `__…__`; Postgres' jsonb no NUL and no half of a character. */
function unstorableAt(value: unknown, path: string, depth: number): InputIssue | undefined {
  if (depth > MAX_DEPTH) return { path, message: "nested too deeply" };
  if (typeof value === "string")
    return isPlain(value) ? undefined : { path, message: "unexpected character" };
  if (Array.isArray(value)) {
    return firstOf(value.entries(), ([index, item]) =>
      Array.isArray(item)
        ? { path: `${path}.${index}`, message: "an array can't directly hold an array" }
        : unstorableAt(item, `${path}.${index}`, depth + 1),
    );
  }
  if (typeof value !== "object" || value === null) return undefined;
  return firstOf(Object.entries(value).values(), ([name, item]) =>
    name === "" || !isPlain(name) || /^__.*__$/.test(name) || Buffer.byteLength(name) > 1500
      ? { path, message: "a field has a name that can't be stored" }
      : unstorableAt(item, `${path}.${name}`, depth + 1),
  );
}

function isPlain(text: string): boolean {
  return text.isWellFormed() && !text.includes("\0");
}

function firstOf<Item>(
  items: Iterable<Item>,
  problemOf: (item: Item) => InputIssue | undefined,
): InputIssue | undefined {
  for (const item of items) {
    const problem = problemOf(item);
    if (problem) return problem;
  }
  return undefined;
}
