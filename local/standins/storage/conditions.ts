/** Request preconditions (https://cloud.google.com/storage/docs/request-preconditions). */
import { z } from "zod";
import { invalidArgument, notModified, preconditionFailed } from "./failure.ts";

const number = z.int().exactOptional();
export const conditionsSchema = z.object({
  /** 0: there must be no such object. */
  generationMatch: number,
  generationNotMatch: number,
  metagenerationMatch: number,
  metagenerationNotMatch: number,
});
export type Conditions = z.infer<typeof conditionsSchema>;

interface Versioned {
  readonly generation: number;
  readonly metageneration: number;
}

const QUERY = {
  generationMatch: "ifGenerationMatch",
  generationNotMatch: "ifGenerationNotMatch",
  metagenerationMatch: "ifMetagenerationMatch",
  metagenerationNotMatch: "ifMetagenerationNotMatch",
} as const;

export function queryConditions(query: URLSearchParams): Conditions {
  return read((name) => query.get(QUERY[name]) ?? undefined);
}

/** The XML API has no "not match". */
export function headerConditions(header: (name: string) => string | undefined): Conditions {
  return read((name) => {
    if (name === "generationMatch") return header("x-goog-if-generation-match");
    if (name === "metagenerationMatch") return header("x-goog-if-metageneration-match");
    return undefined;
  });
}

function read(value: (name: keyof Conditions) => string | undefined): Conditions {
  const conditions: Conditions = {};
  for (const name of conditionsSchema.keyof().options) {
    const text = value(name);
    if (text === undefined) continue;
    if (!/^\d{1,16}$/.test(text)) throw invalidArgument(`Invalid value for ${name}: '${text}'`);
    conditions[name] = Number(text);
  }
  return conditions;
}

/**
 * @param current what is there now
 * @param reading whether nothing would be changed: then "not match" is answered with 304
 * @throws StorageError 412 or 304
 */
export function checkConditions(
  conditions: Conditions,
  current: Versioned | undefined,
  reading = false,
): void {
  const generation = current?.generation ?? 0;
  const metageneration = current?.metageneration ?? 0;
  const { generationMatch, generationNotMatch, metagenerationMatch, metagenerationNotMatch } = conditions;
  if (generationMatch !== undefined && generationMatch !== generation) throw preconditionFailed();
  if (metagenerationMatch !== undefined && metagenerationMatch !== metageneration) throw preconditionFailed();
  if (generationNotMatch === generation || metagenerationNotMatch === metageneration) {
    throw reading ? notModified() : preconditionFailed();
  }
}

/** @throws StorageError 400 */
export function generationOf(query: URLSearchParams): number | undefined {
  const text = query.get("generation");
  if (text === null) return undefined;
  if (!/^\d{1,16}$/.test(text)) throw invalidArgument(`Invalid value for generation: '${text}'`);
  return Number(text);
}
