/** The API's OpenAPI 3.1 document, assembled from the routes of every HTTP function. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { OpenAPIHono } from "@hono/zod-openapi";
import { Hono } from "hono";
import { z } from "zod";
import { functions } from "#shared/manifest.ts";
import { errors } from "#shared/platform/errors.ts";
import { securityOf } from "#shared/platform/http/access.ts";
import { routesOf } from "#shared/platform/http/app.ts";
import type { App } from "#shared/platform/http/appEnv.ts";
import { PROBLEM_JSON, problemDocument } from "#shared/platform/http/problem.ts";
import type { Route } from "#shared/platform/http/route.ts";
import { functionNames, ROOT } from "./functions.ts";
import { problemResponses } from "./problemResponses.ts";

type Json = Readonly<Record<string, unknown>>;

const schemaSchema = z.record(z.string(), z.unknown());
const operationSchema = z.looseObject({
  operationId: z.string(),
  "x-access": z.string(),
  tags: z.array(z.string()).optional(),
  responses: z.record(z.string(), z.looseObject({})),
});
type Operation = z.infer<typeof operationSchema>;
const pathsSchema = z.record(z.string(), z.record(z.string(), operationSchema));

export interface OpenApiDocument {
  readonly openapi: string;
  readonly info: {
    readonly title: string;
    readonly version: string;
    readonly summary: string;
    readonly description: string;
    readonly license: { readonly name: string; readonly identifier: string };
  };
  readonly servers: readonly { readonly url: string; readonly description: string }[];
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: {
    readonly schemas: Json;
    readonly securitySchemes: Json;
    readonly examples: Json;
    readonly responses: Json;
  };
}

const INFO = {
  title: "Reverie",
  version: "1",
  summary: "Between a family's phones and a slow AI engine",
  description: description(),
  license: { name: "Apache License 2.0", identifier: "Apache-2.0" },
};

const SECURITY: Json = {
  accessToken: {
    type: "http",
    scheme: "bearer",
    bearerFormat: "JWT",
    description: "The access token of a session.",
  },
  serviceToken: {
    type: "http",
    scheme: "bearer",
    bearerFormat: "JWT",
    description: "A Google ID token of an allow-listed service account, with this origin as its audience.",
  },
};

/**
 * Reads the routes of all HTTP functions that the origin serves; each of their `routes.ts` exports `<name>App`.
 * @param origin where the API is; unless given, where the document is read from
 * @throws Error when two functions give one schema's name different meanings, or serve the same route
 */
export async function openApiDocument(origin = "/"): Promise<OpenApiDocument> {
  const paths: Record<string, Record<string, Operation>> = {};
  const schemas: Record<string, unknown> = {};
  const tags: { name: string; description: string }[] = [];
  for (const name of functionNames) {
    const { trigger, purpose } = functions[name];
    if (trigger.type !== "http" || trigger.paths.length === 0) continue;
    const part = await documentOf(name);
    tags.push({ name, description: purpose });
    for (const [path, operations] of Object.entries(part.paths)) {
      for (const [method, operation] of Object.entries(operations)) {
        if (paths[path]?.[method]) throw new Error(`${method} ${path} is served by two functions`);
        paths[path] = { ...paths[path], [method]: completed(name, operation) };
      }
    }
    for (const [schema, definition] of Object.entries(part.schemas)) {
      if (schemas[schema] !== undefined && JSON.stringify(schemas[schema]) !== JSON.stringify(definition)) {
        throw new Error(`the schema ${schema} means something else in ${name} than in a function before it`);
      }
      schemas[schema] = definition;
    }
  }
  return {
    openapi: "3.1.0",
    info: INFO,
    servers: [{ url: origin, description: "The one origin." }],
    tags,
    paths,
    components: {
      schemas,
      securitySchemes: SECURITY,
      examples: problemExamples(JSON.stringify(paths)),
      responses: {
        Problem: {
          description: "Any other error, of a kind that may be added later.",
          content: { [PROBLEM_JSON]: { schema: { $ref: "#/components/schemas/Problem" } } },
        },
      },
    },
  };
}

async function documentOf(name: string): Promise<{ paths: z.infer<typeof pathsSchema>; schemas: Json }> {
  const file = join(ROOT, "functions", name, "routes.ts");
  if (!existsSync(file)) throw new Error(`the HTTP function ${name} has no routes.ts`);
  const module: Record<string, unknown> = await import(pathToFileURL(file).href);
  const make = module[`${name}App`];
  if (typeof make !== "function") throw new Error(`${file} exports no ${name}App`);
  const app: unknown = make(() => {
    throw new Error("the routes are only described, never called");
  });
  if (!(app instanceof Hono)) throw new Error(`${name}App makes no app`);
  // An app of ours, as its folder's `routes.ts` makes it.
  return descriptionOf(routesOf(app as App));
}

/** The paths and schemas of these routes. */
export function descriptionOf(routes: readonly Route<never>[]): {
  paths: z.infer<typeof pathsSchema>;
  schemas: Json;
} {
  const described = new OpenAPIHono();
  for (const { definition, errors: codes } of routes) {
    const { access, rate: _rate, errors: _own, ...config } = definition;
    described.openAPIRegistry.registerPath({
      ...config,
      // The document's own extensions begin with `x-`, which the type doesn't say.
      ...{ "x-access": access },
      security: securityOf(access),
      responses: { ...config.responses, ...problemResponses(codes) },
    });
  }
  const document = described.getOpenAPI31Document({ openapi: "3.1.0", info: INFO });
  return {
    paths: pathsSchema.parse(document.paths ?? {}),
    schemas: schemaSchema.parse(document.components?.schemas ?? {}),
  };
}

function completed(name: string, operation: Operation): Operation {
  return {
    ...operation,
    tags: [name],
    responses: { ...operation.responses, default: { $ref: "#/components/responses/Problem" } },
  };
}

/** The document's own text, in Markdown; a problem's `type` leads to its code's line. */
function description(): string {
  const codes = Object.values(errors).map(
    ({ code, status, title }) => `| <a id="problem-${code}"></a>\`${code}\` | ${status} | ${title} |`,
  );
  return [
    "Times are ISO 8601 in UTC, ids are opaque, and lists are `{items, nextCursor}`, newest first.",
    "",
    "Errors are problem documents (RFC 9457). Programs go by `code`, which is stable; each code has one status.",
    "",
    "<details><summary>All codes</summary>",
    "",
    "| code | status | meaning |",
    "|---|---|---|",
    ...codes,
    "",
    "</details>",
  ].join("\n");
}

/** One problem document for each code that an operation refers to. */
function problemExamples(paths: string): Json {
  const used = Object.values(errors).filter(({ code }) => paths.includes(`"#/components/examples/${code}"`));
  return Object.fromEntries(
    used.map((make): [string, unknown] => [
      make.code,
      {
        summary: make.title,
        value: problemDocument(make(make.title), "k3v9w0q2m8r4t6y1z5x7c3b2na"),
      },
    ]),
  );
}
