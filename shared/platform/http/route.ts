/**
 * A route in one value: what it is (`definition`), what it does (`operation`) and how HTTP goes in and out of that (`answer`). Who may
 * call, what the body must be and which errors there can be follow from the definition, for the running app and the OpenAPI document
 * alike.
 */
import type { RouteConfig, RouteHandler } from "@hono/zod-openapi";
import type { ErrorCode } from "../errors.ts";
import { lazy } from "../lazy.ts";
import { type Access, accessErrors, letIn } from "./access.ts";
import type { AppContext, AppEnv } from "./appEnv.ts";
import type { RouteRate } from "./rateLimit.ts";
import { requestReader } from "./requestReader.ts";

export interface RouteDefinition
  extends Omit<RouteConfig, "operationId" | "security" | "middleware" | "tags"> {
  /** The route's name, unique in the API and the name of its file: `submitJob`. */
  readonly operationId: string;
  readonly summary: string;
  readonly access: Access;
  /** A budget of requests of its own beside the general ones: per account where one is asked for, otherwise per address. */
  readonly rate?: RouteRate;
  /** The codes of errors that the operation answers; those of access and of reading the request are added. */
  readonly errors: readonly ErrorCode[];
}

/** A route that an app can be given. */
export interface Route<Deps> {
  readonly operationId: string;
  /** What the API's description is made of. */
  readonly definition: RouteDefinition;
  /** Every error code that it can answer. */
  readonly errors: ReadonlySet<ErrorCode>;
  /** @returns what the route does with a request once it is found: who is let in, what is read, the answer. It throws errors. */
  readonly handler: (deps: () => Deps) => (c: AppContext) => Promise<Response>;
}

type AnyOperation = (input: never, deps: never) => unknown;
type Perform<Operation extends AnyOperation> = (input: Parameters<Operation>[0]) => ReturnType<Operation>;

/** A route whose operation a test can replace. */
export interface RouteOf<Operation extends AnyOperation, Found> extends Route<Parameters<Operation>[1]> {
  /** @param found what `before` would have found */
  readonly performing: (operation: Perform<Operation>, found?: Found) => Route<unknown>;
}

/**
 * @param operation what the route does, without any HTTP
 * @param answer reads the operation's input from the validated request, and makes the answer from what it returns
 * @param before is called once the caller is let in and before the body is read: it throws to refuse, and what it returns is given to
 *   `answer`
 */
export function route<
  const Path extends string,
  Definition extends RouteDefinition & { path: Path },
  Operation extends AnyOperation,
  Found = undefined,
>(
  definition: Definition,
  operation: Operation,
  answer: (
    c: Parameters<RouteHandler<Definition, AppEnv>>[0],
    perform: Perform<Operation>,
    found: Found,
  ) => ReturnType<RouteHandler<Definition, AppEnv>>,
  before?: (c: AppContext, deps: Parameters<Operation>[1]) => Promise<Found>,
): RouteOf<Operation, Found> {
  const { operationId, access: kind, rate, request } = definition;
  const errors = new Set([...definition.errors, ...commonErrors(definition)]);
  const named = { operationId, errors };
  const read = requestReader(request);
  const handler =
    (perform: Perform<Operation>, find?: (c: AppContext) => Promise<Found>) =>
    async (c: AppContext): Promise<Response> => {
      c.set("route", named);
      await letIn(c, kind, rate);
      // Without `before` there is nothing to find, and Found is undefined.
      const found = (find === undefined ? undefined : await find(c)) as Found;
      if (read) await read(c);
      // What the reader leaves in the context is what its type says: both follow from the definition.
      return answer(c as Parameters<typeof answer>[0], perform, found) as Promise<Response>;
    };
  return {
    ...{ operationId, definition, errors },
    handler: (deps) =>
      handler(
        // The operation's own types, which `Parameters` took apart, are put together again.
        (input) => operation(input as never, deps() as never) as ReturnType<Operation>,
        before && ((c) => before(c, deps())),
      ),
    performing: (replacement, found) => ({
      ...{ operationId, definition, errors },
      // A test that replaces the operation of a route with `before` gives what that finds.
      handler: () => handler(replacement, async () => found as Found),
    }),
  };
}

/** `{id}` of the OpenAPI document is `:id` of the router. */
export function routerPath({ path }: Pick<RouteDefinition, "path">): string {
  return path.replaceAll(/\/{(.+?)}/g, "/:$1");
}

/**
 * A route that is loaded when it is first called. Bundles have all routes so (tools/build/lazyRoutes.ts): most of what a start would execute
 * is the schemas of routes that the first request doesn't ask for.
 * @param definition as the route's own; of it an app needs the method and the path
 */
export function lazyRoute<Deps>(
  definition: RouteDefinition,
  load: () => Promise<Pick<Route<Deps>, "handler">>,
): Route<Deps> {
  return {
    ...{ operationId: definition.operationId, definition, errors: new Set() },
    handler: (deps) => {
      const loaded = lazy(async () => (await load()).handler(deps));
      return async (c) => (await loaded())(c);
    },
  };
}

/** The errors that follow from who may call and from what is read of the request. */
function commonErrors({ access: kind, method, request }: RouteDefinition): ErrorCode[] {
  const reads = request && Object.keys(request).length > 0;
  return [
    ...accessErrors[kind],
    ...(reads ? (["invalid_request"] as const) : []),
    ...(method === "get" ? [] : (["body_too_large", "unsupported_media_type"] as const)),
    "internal",
    "unavailable",
  ];
}
