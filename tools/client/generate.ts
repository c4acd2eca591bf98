/** The types of the console's API client, generated from the OpenAPI document. */
import { registerHooks } from "node:module";
import { join } from "node:path";
import { ROOT } from "../build/functions.ts";
import { type OpenApiDocument, openApiDocument } from "../build/openapi.ts";

/** Where the generated types are committed. */
export const SCHEMA_FILE = join(ROOT, "console/src/api/schema.d.ts");

const COMPILER = new URL("./compiler.ts", import.meta.url).href;
const HEADER = "// Generated from the OpenAPI document by `npm run client`. Don't edit.\n";
/** Functions that people don't call. */
const NOT_FOR_PEOPLE = ["engine", "admin"];

/** The content that `SCHEMA_FILE` should have. */
export async function clientTypes(): Promise<string> {
  registerHooks({
    resolve: (specifier, context, next) =>
      specifier === "typescript" && context.parentURL?.includes("/openapi-typescript/")
        ? next(COMPILER, context)
        : next(specifier, context),
  });
  const { default: openapiTS, astToString } = await import("openapi-typescript");
  // The document is what openapi-typescript reads, under a type of our own.
  const document = forPeople(await openApiDocument()) as Parameters<typeof openapiTS>[0];
  const nodes = await openapiTS(document, { alphabetize: true, excludeDeprecated: true, silent: true });
  return `${HEADER}${astToString(nodes)}`;
}

/** The operations that people call, with their good answers; every other answer is a problem document, which `default` describes. */
function forPeople(document: OpenApiDocument): unknown {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const [path, operations] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(operations)) {
      if (operation.tags?.some((tag) => NOT_FOR_PEOPLE.includes(tag))) continue;
      const responses = Object.entries(operation.responses).filter(([status]) =>
        /^([23]|default)/.test(status),
      );
      paths[path] = { ...paths[path], [method]: { ...operation, responses: Object.fromEntries(responses) } };
    }
  }
  const { schemas, responses } = document.components;
  const needed = reachable({ paths, responses }, schemas);
  const kept = Object.fromEntries(Object.entries(schemas).filter(([name]) => needed.has(name)));
  return { openapi: document.openapi, info: document.info, paths, components: { schemas: kept, responses } };
}

/** The names of the schemas that `from` refers to, directly or through others. */
function reachable(from: unknown, schemas: Readonly<Record<string, unknown>>): ReadonlySet<string> {
  const found = new Set<string>();
  const visit = (value: unknown) => {
    for (const [, name = ""] of JSON.stringify(value).matchAll(/"#\/components\/schemas\/([^"]+)"/g)) {
      if (found.has(name)) continue;
      found.add(name);
      visit(schemas[name] ?? {});
    }
  };
  visit(from);
  return found;
}
