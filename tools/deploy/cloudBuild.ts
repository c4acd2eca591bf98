/** The pipelines' fields against the published API definition of Cloud Build, which ignores none that it doesn't know. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { ROOT } from "../build/functions.ts";

export const PIPELINES = ["cloudbuild.yaml", "cloudbuild.pullRequest.yaml"];

const PACKAGE = "google.devtools.cloudbuild.v1";
const fieldSchema = z.looseObject({
  type: z.string(),
  rule: z.string().optional(),
  keyType: z.string().optional(),
  options: z.record(z.string(), z.unknown()).optional(),
});
interface Definition {
  readonly fields?: Readonly<Record<string, z.output<typeof fieldSchema>>> | undefined;
  readonly values?: Readonly<Record<string, number>> | undefined;
  readonly nested?: Readonly<Record<string, Definition>> | undefined;
}
const definitionSchema: z.ZodType<Definition> = z.lazy(() =>
  z.looseObject({
    fields: z.record(z.string(), fieldSchema).optional(),
    values: z.record(z.string(), z.number()).optional(),
    nested: z.record(z.string(), definitionSchema).optional(),
  }),
);

/** A sentence for each field of the pipelines that Cloud Build doesn't have, or that has another type there. */
export function cloudBuildProblems(
  files: readonly (readonly [name: string, text: string])[] = PIPELINES.map((name) => [
    name,
    readFileSync(join(ROOT, name), "utf8"),
  ]),
): string[] {
  const api = readApi();
  return files.flatMap(([name, text]) => {
    const build: unknown = parse(text);
    return messageProblems(build, "Build", "", api).map((problem) => `${name}: ${problem}`);
  });
}

/** The package's messages and enums, by their name in it. */
function readApi(): ReadonlyMap<string, Definition> {
  const file = createRequire(import.meta.url).resolve("@google-cloud/cloudbuild/build/protos/protos.json");
  let found = definitionSchema.parse(JSON.parse(readFileSync(file, "utf8")));
  for (const part of PACKAGE.split(".")) found = found.nested?.[part] ?? {};
  const all = new Map<string, Definition>();
  const add = (definition: Definition, path: string) => {
    for (const [name, inner] of Object.entries(definition.nested ?? {})) {
      all.set(`${path}${name}`, inner);
      add(inner, `${path}${name}.`);
    }
  };
  add(found, "");
  if (!all.has("Build")) throw new Error(`${PACKAGE} has no Build`);
  return all;
}

function messageProblems(
  value: unknown,
  type: string,
  path: string,
  api: ReadonlyMap<string, Definition>,
): string[] {
  if (!isRecord(value)) return [`${path || "/"} should be a ${type}`];
  const fields = api.get(type)?.fields ?? {};
  return Object.entries(value).flatMap(([name, inner]) => {
    const field = fields[name];
    const at = `${path}/${name}`;
    if (field === undefined) return [`${at} is no field of ${type}`];
    if (field.options?.["(google.api.field_behavior)"] === "OUTPUT_ONLY")
      return [`${at} is set by Cloud Build only`];
    if (field.keyType !== undefined)
      return isRecord(inner)
        ? Object.entries(inner).flatMap(([key, each]) =>
            valueProblems(each, field.type, `${at}/${key}`, type, api),
          )
        : [`${at} should be a map`];
    if (field.rule !== "repeated") return valueProblems(inner, field.type, at, type, api);
    return Array.isArray(inner)
      ? inner.flatMap((each, index) => valueProblems(each, field.type, `${at}/${index}`, type, api))
      : [`${at} should be a list`];
  });
}

function valueProblems(
  value: unknown,
  type: string,
  path: string,
  within: string,
  api: ReadonlyMap<string, Definition>,
): string[] {
  const expected = (ok: boolean, what: string) => (ok ? [] : [`${path} should be ${what}`]);
  if (type === "string" || type === "bytes") return expected(typeof value === "string", "text");
  if (type === "bool") return expected(typeof value === "boolean", "true or false");
  if (/^u?int(32|64)$/.test(type)) return expected(typeof value === "number", "a number");
  if (type === "google.protobuf.Duration")
    return expected(typeof value === "string" && /^\d+s$/.test(value), "seconds, such as 600s");
  const name = [`${within}.${type}`, type].find((each) => api.has(each));
  if (name === undefined) return [`${path} has a type (${type}) that this check doesn't know`];
  const { values } = api.get(name) ?? {};
  if (values === undefined) return messageProblems(value, name, path, api);
  return expected(typeof value === "string" && value in values, `one of ${Object.keys(values).join(", ")}`);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
