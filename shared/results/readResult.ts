import type { z } from "zod";
import type { ObjectStore } from "../cloud/objects.ts";
import { type Result, resultSchema, SAMPLES_GROUP } from "../documents/result.ts";
import type { Kinds } from "../kinds/index.ts";
import { type Kind, MAX_RESULT_DATA_BYTES } from "../kinds/kind.ts";

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
    | "foreign_group"
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
  const kind = kinds.get(result.kind);
  if (!kind) return unreadable("unknown_kind", "no kind of that name");
  const params = kind.params.safeParse(result.params);
  if (!params.success) return unreadable("params_rejected", describe(params.error));
  const dataProblem = problemOfData(kind, result.data);
  if (dataProblem !== undefined) return unreadable("data_rejected", dataProblem);
  const filesProblem = problemOfFiles(kind, result);
  if (filesProblem !== undefined) return unreadable("files_rejected", filesProblem);
  return { ok: true, result };
}

/** The first file that isn't in the bucket as the document says, or undefined when all are. */
export async function missingFile(result: Result, objects: ObjectStore): Promise<Unreadable | undefined> {
  for (const file of result.files) {
    const found = await objects.look(file.object);
    if (found?.generation !== file.generation || found.size !== file.size || found.crc32c !== file.crc32c) {
      return { code: "file_missing", detail: `${file.name} is not there as the document says` };
    }
  }
  return undefined;
}

function problemOfData(kind: Kind, data: Result["data"]): string | undefined {
  if (data === null) return undefined;
  if (Buffer.byteLength(JSON.stringify(data)) > MAX_RESULT_DATA_BYTES)
    return `more than ${MAX_RESULT_DATA_BYTES} bytes`;
  const parsed = kind.result.safeParse(data);
  return parsed.success ? undefined : describe(parsed.error);
}

function problemOfFiles(kind: Kind, result: Result): string | undefined {
  const names = new Set(result.files.map((file) => file.name));
  if (names.size !== result.files.length) return "a file is listed twice";
  const missing = Object.entries(kind.outputs).find(([name, rule]) => rule.required && !names.has(name));
  if (missing) return `${missing[0]} is missing`;
  // Objects of another group or job must not become readable through this one.
  const prefix = `groups/${result.groupId}/jobs/${result.jobId}/`;
  for (const file of result.files) {
    const rule = kind.outputs[file.name];
    if (!rule) return "a file of a name this kind doesn't have";
    if (!rule.contentTypes.includes(file.contentType)) return `${file.name} is of another type`;
    if (file.size > rule.maxBytes) return `${file.name} is too large`;
    if (!file.object.startsWith(prefix)) return `${file.name} lies outside its job's folder`;
  }
  return undefined;
}

/** The group a result belongs to in SQL: null for a sample. */
export function sqlGroupOf(result: Pick<Result, "groupId">): string | null {
  return result.groupId === SAMPLES_GROUP ? null : result.groupId;
}

function unreadable(code: Unreadable["code"], detail: string): Reading {
  return { ok: false, why: { code, detail } };
}

function describe(error: z.ZodError): string {
  return error.issues
    .slice(0, 5)
    .map((issue) => `${issue.path.map(String).join(".") || "document"}: ${issue.code}`)
    .join("; ");
}
