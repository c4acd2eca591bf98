import pMap from "p-map";
import type { z } from "zod";
import { shownName } from "../kinds/fileName.ts";
import type { Kinds } from "../kinds/index.ts";
import type { Kind } from "../kinds/kind.ts";
import {
  problemOfJson,
  problemsOfData,
  problemsOfFiles,
  type RuleProblem,
  rolesOf,
} from "../kinds/resultRules.ts";
import { ID_PATTERN } from "../platform/ids.ts";
import type { ObjectStore } from "../platform/storage/objectStore.ts";
import { type Result, resultSchema, SAMPLES_SPACE } from "./resultDocument.ts";

/** Why a result document can't be brought into the library; for operators, so it names fields and rules but no family's words. */
export interface Unreadable {
  readonly code:
    | "malformed"
    | "wrong_id"
    | "unknown_kind"
    | "params_rejected"
    | "data_rejected"
    | "files_rejected"
    | "file_missing"
    | "foreign_space"
    | "rejected_by_database";
  readonly detail: string;
}

export type Reading =
  | { readonly ok: true; readonly result: Result }
  | { readonly ok: false; readonly why: Unreadable };

/** Reads a result document by its schema and its kind's rules. Pure: whether its files are there is `missingFile`'s question. */
export function readResult(jobId: string, data: unknown, kinds: Kinds): Reading {
  const parsed = resultSchema.safeParse(data);
  if (!parsed.success) return unreadable("malformed", describe(parsed.error));
  const result = parsed.data;
  if (result.jobId !== jobId) return unreadable("wrong_id", "jobId differs from the document's id");
  if (!ID_PATTERN.test(jobId)) return unreadable("wrong_id", "the document's id is not an id of ours");
  const kind = kinds.get(result.kind);
  if (!kind) return unreadable("unknown_kind", "no kind of that name");
  const paramsProblem = problemOfParams(kind, result.params);
  if (paramsProblem !== undefined) return unreadable("params_rejected", paramsProblem);
  const dataProblems = problemsOfData(kind, result.data);
  if (dataProblems.length > 0) return unreadable("data_rejected", describeProblems(dataProblems));
  const filesProblem = problemOfFiles(kind, result);
  if (filesProblem !== undefined) return unreadable("files_rejected", filesProblem);
  return { ok: true, result };
}

/** The first file that isn't in the bucket as the document says, or undefined when all are. */
export async function missingFile(result: Result, objects: ObjectStore): Promise<Unreadable | undefined> {
  const found = await pMap(result.files, (file) => objects.look(file.object), { concurrency: 8 });
  for (const [index, file] of result.files.entries()) {
    const object = found[index];
    if (
      object?.generation !== file.generation ||
      object.size !== file.size ||
      object.crc32c !== file.crc32c
    ) {
      return { code: "file_missing", detail: `${shownName(file.name)} is not there as the document says` };
    }
  }
  return undefined;
}

/** The space that a document names, readable or not: for erasure. Undefined when it names none that could be ours. */
export function claimedSpace(data: Readonly<Record<string, unknown>>): string | undefined {
  const { spaceId } = data;
  if (typeof spaceId !== "string") return undefined;
  return spaceId === SAMPLES_SPACE || ID_PATTERN.test(spaceId) ? spaceId : undefined;
}

function problemOfParams(kind: Kind, params: Result["params"]): string | undefined {
  const unstorable = problemOfJson(params, "params");
  if (unstorable) return describeProblems([unstorable]);
  const parsed = kind.params.safeParse(params);
  return parsed.success ? undefined : describe(parsed.error);
}

function problemOfFiles(kind: Kind, { spaceId, jobId, files }: Result): string | undefined {
  const problems = [...rolesOf(kind, files).problems, ...problemsOfFiles(kind, files)];
  if (problems.length > 0) return describeProblems(problems);
  // Objects of another space or job must not become readable through this one.
  const prefix = `spaces/${spaceId}/jobs/${jobId}/`;
  const stranger = files.find((file) => !file.object.startsWith(prefix));
  return stranger && `files.${files.indexOf(stranger)}.object: outside its job's folder`;
}

function unreadable(code: Unreadable["code"], detail: string): Reading {
  return { ok: false, why: { code, detail } };
}

function describe(error: z.ZodError): string {
  return describeProblems(
    error.issues.map((issue) => ({ path: issue.path.map(String).join(".") || "document", rule: issue.code })),
  );
}

/** The first few places and the rules they break; at most 500 characters, since a path may be as long as its writer likes. */
function describeProblems(problems: readonly Pick<RuleProblem, "path" | "rule">[]): string {
  return problems
    .slice(0, 5)
    .map(({ path, rule }) => `${path}: ${rule}`)
    .join("; ")
    .slice(0, 500);
}
