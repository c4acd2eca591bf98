/**
 * What a kind requires of a result, checked by the same functions when an engine announces files, when it completes and when `sync` reads
 * the result document. So what `complete` accepts, `sync` can read.
 */
import type { InputIssue } from "../platform/errors.ts";
import { type Kind, MAX_RESULT_DATA_BYTES } from "./kind.ts";

/** One broken rule. Its message may repeat words of the input; `path` and `rule` together are for operators. */
export interface RuleProblem extends InputIssue {
  /** The rule that is broken, in snake_case. */
  readonly rule: string;
}

/** A result's file as far as its kind has rules for it. `size` in bytes. */
export interface ResultFile {
  readonly name: string;
  readonly contentType: string;
  readonly size: number;
}

/** Firestore nests maps and arrays twenty deep (https://firebase.google.com/docs/firestore/quotas); the result document is one of them. */
const MAX_DEPTH = 18;
const MAX_FIELD_NAME_BYTES = 1_500;

/** What is wrong with these files: a name, type or size that the kind doesn't have, or a name that comes twice. */
export function problemsOfFiles(
  kind: Pick<Kind, "outputs">,
  files: readonly ResultFile[],
): readonly RuleProblem[] {
  return files.flatMap((file, index) => {
    const problem = (field: keyof ResultFile, rule: string, message: string): RuleProblem => ({
      path: `files.${index}.${field}`,
      rule,
      message,
    });
    const rule = Object.hasOwn(kind.outputs, file.name) ? kind.outputs[file.name] : undefined;
    if (!rule) {
      const names = Object.keys(kind.outputs).join(", ");
      return [problem("name", "unknown_name", `expected one of ${names}`)];
    }
    const problems: RuleProblem[] = [];
    if (!rule.contentTypes.includes(file.contentType)) {
      const types = rule.contentTypes.join(", ");
      problems.push(problem("contentType", "type_not_accepted", `expected one of ${types}`));
    }
    if (file.size > rule.maxBytes) {
      problems.push(problem("size", "too_large", `at most ${rule.maxBytes} bytes`));
    }
    if (files.findIndex((other) => other.name === file.name) !== index) {
      problems.push(problem("name", "named_twice", "a file is named twice"));
    }
    return problems;
  });
}

/** The files that the kind requires and that are not among these names. */
export function problemsOfMissingFiles(
  kind: Pick<Kind, "outputs">,
  names: readonly string[],
): readonly RuleProblem[] {
  return Object.entries(kind.outputs)
    .filter(([name, rule]) => rule.required && !names.includes(name))
    .map(([name]) => ({ path: "files", rule: "missing", message: `${name} is missing` }));
}

/** What is wrong with a result's `data`: its shape by the kind, its size, or that Firestore or Postgres could not hold it. */
export function problemsOfData(
  kind: Pick<Kind, "result">,
  data: Readonly<Record<string, unknown>> | null,
): readonly RuleProblem[] {
  if (data === null) return [];
  const unstorable = problemOfJson(data, "data");
  if (unstorable) return [unstorable];
  if (Buffer.byteLength(JSON.stringify(data)) > MAX_RESULT_DATA_BYTES) {
    const message = `at most ${MAX_RESULT_DATA_BYTES} bytes as JSON; more belongs into a file`;
    return [{ path: "data", rule: "too_large", message }];
  }
  const parsed = kind.result.safeParse(data);
  if (parsed.success) return [];
  return parsed.error.issues.map((issue) => ({
    path: ["data", ...issue.path].map(String).join("."),
    rule: issue.code,
    message: issue.message,
  }));
}

/**
 * The first place at which a value is not JSON that both stores can hold. Firestore holds no array directly in an array and no field
 * named "" or `__…__`; Postgres' jsonb holds no NUL and no half of a surrogate pair; JSON holds neither times nor infinite numbers.
 * @param path the name of the value itself
 */
export function problemOfJson(value: unknown, path: string, depth = 0): RuleProblem | undefined {
  const problem = (rule: string, message: string): RuleProblem => ({ path, rule, message });
  if (depth > MAX_DEPTH) return problem("too_deep", "nested too deeply");
  if (value === null || typeof value === "boolean") return undefined;
  if (typeof value === "number") {
    return Number.isFinite(value) ? undefined : problem("not_finite", "expected a finite number");
  }
  if (typeof value === "string") {
    return isStorableText(value) ? undefined : problem("unexpected_character", "unexpected character");
  }
  if (Array.isArray(value)) {
    if (value.some(Array.isArray)) {
      return problem("array_in_array", "an array can't directly hold an array");
    }
    return firstProblem(value.entries(), ([index, item]) =>
      problemOfJson(item, `${path}.${index}`, depth + 1),
    );
  }
  if (!isPlainObject(value)) return problem("not_json", "expected JSON");
  return firstProblem(Object.entries(value), ([name, item]) =>
    isStorableName(name)
      ? problemOfJson(item, `${path}.${name}`, depth + 1)
      : problem("field_name", "a field has a name that can't be stored"),
  );
}

/** The problems as a caller is shown them. */
export function issuesOf(problems: readonly RuleProblem[]): InputIssue[] {
  return problems.map(({ path, message }) => ({ path, message }));
}

function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function isStorableText(text: string): boolean {
  return text.isWellFormed() && !text.includes("\0");
}

function isStorableName(name: string): boolean {
  return (
    name !== "" &&
    isStorableText(name) &&
    !/^__.*__$/s.test(name) &&
    Buffer.byteLength(name) <= MAX_FIELD_NAME_BYTES
  );
}

function firstProblem<Item>(
  items: Iterable<Item>,
  problemOf: (item: Item) => RuleProblem | undefined,
): RuleProblem | undefined {
  for (const item of items) {
    const problem = problemOf(item);
    if (problem) return problem;
  }
  return undefined;
}
