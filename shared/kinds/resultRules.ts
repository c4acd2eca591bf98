/**
 * What a kind requires of a result, checked by the same functions when an engine announces files, when it completes, when an administrator
 * imports a sample and when `sync` reads the result document. So what `complete` accepts, `sync` can read.
 */
import type { InputIssue } from "../platform/errors.ts";
import {
  type FileFormat,
  type FileFormatName,
  fileFormats,
  hasContentType,
  hasEnding,
} from "./fileFormats.ts";
import { foldedName, problemOfName, shownName } from "./fileName.ts";
import { FILE_ROLES, type FileRole, type Kind, MAX_RESULT_DATA_BYTES, type OutputRule } from "./kind.ts";

/** One broken rule. Its message may repeat words of the input; `path` and `rule` together are for operators. */
export interface RuleProblem extends InputIssue {
  /** The rule that is broken, in snake_case. */
  readonly rule: string;
}

/** A result's file as far as its kind has rules for it. `size` in bytes; the role may be unknown still. */
export interface ResultFile {
  readonly name: string;
  readonly role?: FileRole | undefined;
  readonly contentType: string;
  readonly size: number;
}

/** Firestore nests maps and arrays twenty deep (https://firebase.google.com/docs/firestore/quotas); the result document is one of them. */
const MAX_DEPTH = 18;
const MAX_FIELD_NAME_BYTES = 1_500;

/**
 * What is wrong with each of these files: its name, type or size, or that its name comes twice, in the same or another case. A file whose role isn't
 * known is judged by the role that asks for its name, or else by any that its name allows.
 */
export function problemsOfFiles(
  kind: Pick<Kind, "outputs">,
  files: readonly ResultFile[],
): readonly RuleProblem[] {
  const names = new Map<string, number>();
  return files.flatMap((file, index) => {
    const shown = shownName(file.name);
    const problem = (field: keyof ResultFile, rule: string, message: string): RuleProblem => ({
      path: `files.${index}.${field}`,
      rule,
      message: `${shown}: ${message}`,
    });
    const ofName = problemOfName(file.name);
    if (ofName) return [problem("name", ofName.rule, ofName.message)];
    const problems: RuleProblem[] = [];
    const folded = foldedName(file.name);
    const before = names.get(folded);
    if (before === undefined) names.set(folded, index);
    else
      problems.push(
        problem(
          "name",
          "named_twice",
          `has the same name as files.${before}, or one that differs only in case`,
        ),
      );

    const rules = rulesFor(kind, file);
    const format = formatOf(rules, file.name);
    if (!format) return [...problems, problem("name", "unknown_name", `expected ${namesOf(kind)}`)];
    if (!hasContentType(format, file.contentType)) {
      const types = format.contentTypes.join(" or ");
      problems.push(problem("contentType", "type_not_accepted", `expected ${types}`));
    }
    const most = Math.max(...rules.map(({ maxBytes }) => maxBytes));
    if (file.size > most) problems.push(problem("size", "too_large", `at most ${most} bytes`));
    return problems;
  });
}

/** What each file is to the result, in their order; undefined for one whose name no role takes, which is `problemsOfFiles`' to refuse. */
interface Roles {
  readonly roles: readonly (FileRole | undefined)[];
  readonly problems: readonly RuleProblem[];
}

/**
 * Gives each file of a set its role: the one it came with, or the only one it can have. A name that a role asks for by itself, like
 * `poster.jpg`, has that role. Where several files could be the model and none is said to be, that is a problem; so is a role that
 * too few or too many files have. A role that a file came with and can't have is not said to be missing too.
 */
export function rolesOf(
  kind: Pick<Kind, "outputs">,
  files: readonly Pick<ResultFile, "name" | "role">[],
): Roles {
  const problems: RuleProblem[] = [];
  const possible = files.map(({ name }) => FILE_ROLES.filter((role) => takes(kind.outputs[role], name)));
  const roles = files.map(({ role, name }, index): FileRole | undefined => {
    const can = possible[index] ?? [];
    if (role === undefined)
      return can.find((one) => kind.outputs[one]?.names) ?? (can.length === 1 ? can[0] : undefined);
    if (can.includes(role)) return role;
    const message = `${shownName(name)}: can't be the ${role} of this kind`;
    if (can.length > 0) problems.push({ path: `files.${index}.role`, rule: "role_not_possible", message });
    return undefined;
  });
  const open = files.flatMap(({ role }, index) =>
    role === undefined && roles[index] === undefined && possible[index]?.includes("model") ? [index] : [],
  );
  const isModelKnown = roles.includes("model");
  if (!isModelKnown && open.length > 1) {
    const names = open.map((index) => shownName(files[index]?.name ?? "")).join(", ");
    problems.push({
      path: "files",
      rule: "role_unclear",
      message: `say which is the model, with role: ${names}`,
    });
  } else {
    for (const index of open)
      roles[index] = isModelKnown ? possible[index]?.find((role) => role !== "model") : "model";
    problems.push(...problemsOfCounts(kind, files, roles));
  }
  return { roles, problems };
}

/** The format that the file's name says; undefined for a name no format has. */
export function formatOfName(name: string): FileFormat | undefined {
  return Object.values<FileFormat>(fileFormats).find((format) => hasEnding(format, name));
}

function problemsOfCounts(
  { outputs }: Pick<Kind, "outputs">,
  files: readonly Pick<ResultFile, "name" | "role">[],
  roles: readonly (FileRole | undefined)[],
): RuleProblem[] {
  return FILE_ROLES.flatMap((role) => {
    const rule = outputs[role];
    if (!rule) return [];
    const { min, max } = rule.count;
    const having = files.filter((_, index) => roles[index] === role);
    if (having.length < min) {
      if (files.some((file) => file.role === role)) return [];
      return [
        { path: "files", rule: "missing", message: `the ${role} is missing: expected ${endingsOf(rule)}` },
      ];
    }
    const names = (max === 1 ? having : having.slice(max)).map(({ name }) => shownName(name)).join(", ");
    const message =
      max === 1 ? `only one can be the ${role}: ${names}` : `at most ${max} can be a ${role}: ${names}`;
    return having.length > max ? [{ path: "files", rule: "too_many", message }] : [];
  });
}

function rulesFor(
  { outputs }: Pick<Kind, "outputs">,
  { name, role }: Pick<ResultFile, "name" | "role">,
): OutputRule[] {
  const named = FILE_ROLES.find((one) => outputs[one]?.names && takes(outputs[one], name));
  const roles = role === undefined && named === undefined ? FILE_ROLES : [role ?? named];
  return roles.flatMap((one) => {
    const rule = one && outputs[one];
    return rule && takes(rule, name) ? [rule] : [];
  });
}

function takes(rule: OutputRule | undefined, name: string): boolean {
  if (!rule || (rule.names && !rule.names.test(name))) return false;
  return formatOf([rule], name) !== undefined;
}

function formatOf(rules: readonly OutputRule[], name: string): FileFormat | undefined {
  const names: readonly FileFormatName[] = rules.flatMap(({ formats }) => formats);
  return names.map((format): FileFormat => fileFormats[format]).find((format) => hasEnding(format, name));
}

function namesOf({ outputs }: Pick<Kind, "outputs">): string {
  const endings = FILE_ROLES.flatMap((role) => outputs[role] ?? []).map(endingsOf);
  return `a name that ends in ${[...new Set(endings.join(", ").split(", "))].join(", ")}`;
}

function endingsOf({ formats }: OutputRule): string {
  return formats.flatMap((format) => fileFormats[format].endings.map((ending) => `.${ending}`)).join(", ");
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
