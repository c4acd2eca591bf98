import { z } from "zod";
import type { Kinds } from "../kinds/index.ts";
import { type Kind, MAX_RESULT_DATA_BYTES } from "../kinds/kind.ts";
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

/** Firestore also holds times, places, references and bytes, for which JSON has no form that leads back. */
const plainJson = z.record(z.string(), z.json());

/** Reads a result document by its schema and its kind's rules. Pure: whether its files are there is `missingFile`'s question. */
export function readResult(jobId: string, data: unknown, kinds: Kinds): Reading {
  const parsed = resultSchema.safeParse(data);
  if (!parsed.success) return unreadable("malformed", describe(parsed.error));
  const result = parsed.data;
  if (result.jobId !== jobId) return unreadable("wrong_id", "jobId differs from the document's id");
  if (!ID_PATTERN.test(jobId)) return unreadable("wrong_id", "the document's id is not an id of ours");
  const kind = kinds.get(result.kind);
  if (!kind) return unreadable("unknown_kind", "no kind of that name");
  const paramsProblem = problemOf(result.params, kind.params);
  if (paramsProblem !== undefined) return unreadable("params_rejected", paramsProblem);
  const dataProblem = problemOfData(kind, result.data);
  if (dataProblem !== undefined) return unreadable("data_rejected", dataProblem);
  const filesProblem = problemOfFiles(kind, result);
  if (filesProblem !== undefined) return unreadable("files_rejected", filesProblem);
  return { ok: true, result };
}

/** The first file that isn't in the bucket as the document says, or undefined when all are. */
export async function missingFile(result: Result, objects: ObjectStore): Promise<Unreadable | undefined> {
  const found = await Promise.all(result.files.map((file) => objects.look(file.object)));
  for (const [index, file] of result.files.entries()) {
    const object = found[index];
    if (
      object?.generation !== file.generation ||
      object.size !== file.size ||
      object.crc32c !== file.crc32c
    ) {
      return { code: "file_missing", detail: `${file.name} is not there as the document says` };
    }
  }
  return undefined;
}

/** The space that a document names, readable or not: for sealing and erasure. Undefined when it names none that could be ours. */
export function claimedSpace(data: Readonly<Record<string, unknown>>): string | undefined {
  const { spaceId } = data;
  if (typeof spaceId !== "string") return undefined;
  return spaceId === SAMPLES_SPACE || ID_PATTERN.test(spaceId) ? spaceId : undefined;
}

function problemOfData(kind: Kind, data: Result["data"]): string | undefined {
  if (data === null) return undefined;
  const problem = problemOf(data, kind.result);
  if (problem !== undefined) return problem;
  const bytes = Buffer.byteLength(JSON.stringify(data));
  return bytes > MAX_RESULT_DATA_BYTES ? `more than ${MAX_RESULT_DATA_BYTES} bytes` : undefined;
}

/** What keeps a map of the document from being what its kind says, in JSON. */
function problemOf(map: Record<string, unknown>, schema: z.ZodType): string | undefined {
  for (const each of [plainJson, schema]) {
    const parsed = each.safeParse(map);
    if (!parsed.success) return describe(parsed.error);
  }
  return undefined;
}

function problemOfFiles(kind: Kind, result: Result): string | undefined {
  const names = new Set(result.files.map((file) => file.name));
  if (names.size !== result.files.length) return "a file is listed twice";
  const missing = Object.entries(kind.outputs).find(([name, rule]) => rule.required && !names.has(name));
  if (missing) return `${missing[0]} is missing`;
  // Objects of another space or job must not become readable through this one.
  const prefix = `spaces/${result.spaceId}/jobs/${result.jobId}/`;
  for (const file of result.files) {
    const rule = Object.hasOwn(kind.outputs, file.name) ? kind.outputs[file.name] : undefined;
    if (!rule) return "a file of a name this kind doesn't have";
    if (!rule.contentTypes.includes(file.contentType)) return `${file.name} is of another type`;
    if (file.size > rule.maxBytes) return `${file.name} is too large`;
    if (!file.object.startsWith(prefix)) return `${file.name} lies outside its job's folder`;
  }
  return undefined;
}

function unreadable(code: Unreadable["code"], detail: string): Reading {
  return { ok: false, why: { code, detail } };
}

/** The first few places and what was expected there; at most 500 characters, since a place may be as long as whoever wrote it likes. */
function describe(error: z.ZodError): string {
  return error.issues
    .slice(0, 5)
    .map((issue) => `${issue.path.map(String).join(".") || "document"}: ${issue.code}`)
    .join("; ")
    .slice(0, 500);
}
