/** Reads what a route's definition says of the request, so that its handler finds parsed values by `c.req.valid`. */
import type { RouteConfig } from "@hono/zod-openapi";
import type { MiddlewareHandler } from "hono";
import type { z } from "zod";
import { errors } from "../errors.ts";
import type { AppContext, AppEnv } from "./appEnv.ts";
import { namesNothing } from "./idParam.ts";

type Target = "query" | "param" | "header" | "json";
/** What the definitions of routes hold: schemas of zod. */
type Schema = z.ZodType;

/** One middleware for each part of the request that is read. They refuse what does not fit, with `not_found` or `invalid_request`. */
export function validators(request: RouteConfig["request"]): MiddlewareHandler<AppEnv>[] {
  if (request === undefined) return [];
  // The type allows schemas of zod 3 as well; there are none here.
  const { query, params, headers } = request as Readonly<Record<string, Schema | undefined>>;
  const content = request.body?.content["application/json"] as { schema: Schema } | undefined;
  const body = content?.schema;
  return [
    ...(query ? [validator("query", query, queryOf)] : []),
    ...(params ? [validator("param", params, (c) => c.req.param())] : []),
    ...(headers ? [validator("header", headers, (c) => c.req.header())] : []),
    ...(body ? [bodyValidator(body, request.body?.required ?? false)] : []),
  ];
}

function validator(
  target: Target,
  schema: Schema,
  read: (c: AppContext) => unknown,
): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    c.req.addValidatedData(target, await parsed(schema, await read(c)));
    await next();
  };
}

/** A body that may be left out is read as `{}`, without the schema. */
function bodyValidator(schema: Schema, required: boolean): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const isJson = c.req.header("content-type") !== undefined;
    const isAbsent = !isJson && !required;
    const value = isAbsent ? {} : await parsed(schema, isJson ? await jsonOf(c) : {});
    c.req.addValidatedData("json", value as object);
    await next();
  };
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

async function parsed(schema: Schema, value: unknown): Promise<object> {
  const result = await schema.safeParseAsync(value);
  // What a request's parts are parsed to is an object, as their schemas are.
  if (result.success) return result.data as object;
  const { issues } = result.error;
  if (issues.some(namesNothing)) throw errors.notFound();
  throw errors.invalidRequest("the request does not fit this route's schema", {
    issues: issues.map(({ path, message }) => ({ path: path.map(String).join("."), message })),
  });
}
