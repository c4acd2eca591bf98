/** Reads what a route's definition says of the request, so that its handler finds parsed values by `c.req.valid`. */
import type { RouteConfig } from "@hono/zod-openapi";
import type { z } from "zod";
import { errors } from "../errors.ts";
import type { AppContext } from "./appEnv.ts";
import { requireReadableBody } from "./body.ts";
import { namesNothing } from "./idParam.ts";

/** What the definitions of routes hold: schemas of zod. */
type Schema = z.ZodType;

/**
 * Reads each part of the request that the definition has a schema for; undefined where it has none.
 * It refuses what does not fit, with `not_found` or `invalid_request`.
 */
export function requestReader(
  request: RouteConfig["request"],
): ((c: AppContext) => Promise<void>) | undefined {
  if (request === undefined) return undefined;
  // The type allows schemas of zod 3 as well; there are none here.
  const { query, params, headers } = request as Readonly<Record<string, Schema | undefined>>;
  const content = request.body?.content["application/json"] as { schema: Schema } | undefined;
  const required = request.body?.required ?? false;
  return async (c) => {
    if (request.body) await requireReadableBody(c, required);
    if (query) c.req.addValidatedData("query", parsed(query, queryOf(c)));
    if (params) c.req.addValidatedData("param", parsed(params, c.req.param()));
    if (headers) c.req.addValidatedData("header", parsed(headers, c.req.header()));
    if (content) c.req.addValidatedData("json", await bodyOf(c, content.schema, required));
  };
}

/** A body that may be left out is read as `{}`, without the schema. */
async function bodyOf(c: AppContext, schema: Schema, required: boolean): Promise<object> {
  if (c.req.header("content-type") !== undefined) return parsed(schema, await jsonOf(c));
  return required ? parsed(schema, {}) : {};
}

async function jsonOf(c: AppContext): Promise<unknown> {
  try {
    return await c.req.json();
  } catch (cause) {
    throw errors.invalidRequest("the body is not valid JSON", { cause });
  }
}

/** A name that comes once is a string, one that is repeated a list. */
function queryOf(c: AppContext): Record<string, string | string[]> {
  return Object.fromEntries(
    Object.entries(c.req.queries()).map(([name, values]) => [
      name,
      values.length === 1 ? (values[0] ?? "") : values,
    ]),
  );
}

function parsed(schema: Schema, value: unknown): object {
  const result = schema.safeParse(value);
  // What a request's parts are parsed to is an object, as their schemas are.
  if (result.success) return result.data as object;
  const { issues } = result.error;
  if (issues.some(namesNothing)) throw errors.notFound();
  throw errors.invalidRequest("the request does not fit this route's schema", {
    issues: issues.map(({ path, message }) => ({ path: path.map(String).join("."), message })),
  });
}
