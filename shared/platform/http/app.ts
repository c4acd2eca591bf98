/**
 * What every HTTP function is made of: a Hono app whose routes carry their validation, their OpenAPI description and who may call
 * them in one definition, and whose errors all leave as problem documents.
 */
import type { HttpFunction } from "@google-cloud/functions-framework";
import { getRequestListener, type HttpBindings } from "@hono/node-server";
import { OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import { errors, ReverieError } from "../errors.ts";
import type { Logger } from "../log/logger.ts";
import type { AccessClaims } from "./accessToken.ts";
import type { ServiceIdentity } from "./serviceToken.ts";
import "../log/withoutBodies.ts";
import { callerAddress } from "./callerAddress.ts";
import type { HttpDeps } from "./httpDeps.ts";
import { isPassingFault } from "./passingFault.ts";
import { PROBLEM_JSON, problemDocument } from "./problem.ts";

export interface AppEnv {
  Bindings: Partial<HttpBindings>;
  Variables: {
    http: HttpDeps;
    requestId: string;
    log: Logger;
    /** The caller's address by the trusted-hop rule. */
    address: string;
    account: AccessClaims;
    service: ServiceIdentity;
  };
}
export type App = OpenAPIHono<AppEnv>;
export type AppContext = Context<AppEnv>;

/** Bodies of our JSON routes are small; the largest is a completion with 64 KB of data. */
const MAX_BODY_BYTES = 256 * 1024;

/**
 * An app without routes.
 * @param http made at the first request, so that importing a function connects to nothing
 */
export function createApp(http: () => HttpDeps): App {
  const app: App = new OpenAPIHono<AppEnv>({
    defaultHook: (result) => {
      if (result.success) return;
      throw errors.invalidRequest("the request does not fit this route's schema", {
        issues: result.error.issues.map((issue) => ({
          path: issue.path.map(String).join("."),
          message: issue.message,
        })),
      });
    },
  });

  app.use(async (c, next) => {
    const deps = http();
    const requestId = deps.newId();
    const trace = /^([0-9a-f]{32})/.exec(c.req.header("x-cloud-trace-context") ?? "")?.[1];
    c.set("http", deps);
    c.set("requestId", requestId);
    c.set("log", deps.log.with({ requestId, ...(trace ? { trace } : {}) }));
    c.set(
      "address",
      callerAddress(c.req.header("x-forwarded-for"), c.env.incoming?.socket.remoteAddress, deps.trustedHops),
    );
    refuseUnreadableBody(c);
    const startedAt = performance.now();
    await next();
    c.header("x-request-id", requestId);
    c.header("cache-control", c.res.headers.get("cache-control") ?? "no-store");
    c.header("x-content-type-options", "nosniff");
    c.var.log.info("request", {
      method: c.req.method,
      // The route's pattern, not the path: a path can hold ids, and a wrong one can hold anything.
      route: c.req.routePath,
      status: c.res.status,
      milliseconds: Math.round(performance.now() - startedAt),
    });
  });

  app.notFound((c) => answerProblem(c, errors.notFound("there is no such route")));
  app.onError((error, c) => answerProblem(c, asReverieError(error, c)));
  return app;
}

/** The function as functions-framework calls it; it has parsed the body already and left the bytes in `rawBody`. */
export function httpFunction(app: App): HttpFunction {
  const listener = getRequestListener((request, env) => app.fetch(request, env), {
    overrideGlobalObjects: false,
  });
  return async (request, response) => {
    await listener(request, response);
  };
}

function refuseUnreadableBody(c: AppContext): void {
  // The framework has read a chunked body already, whose length no header told.
  const incoming: { rawBody?: unknown } | undefined = c.env.incoming as { rawBody?: unknown } | undefined; // added by the framework
  const length =
    incoming?.rawBody instanceof Buffer
      ? incoming.rawBody.length
      : Number(c.req.header("content-length") ?? "0");
  if (length > MAX_BODY_BYTES) {
    throw errors.bodyTooLarge(`a request body may have at most ${MAX_BODY_BYTES} bytes`);
  }
  const type = c.req.header("content-type");
  if (length > 0 && !/^application\/json\s*(;|$)/i.test(type ?? "")) {
    throw errors.unsupportedMediaType("send the body as application/json");
  }
}

function asReverieError(error: unknown, c: AppContext): ReverieError {
  if (error instanceof ReverieError) return error;
  if (error instanceof HTTPException && error.status < 500) {
    return errors.invalidRequest(
      error.status === 400 ? "the body is not valid JSON" : "the request can't be read",
      { cause: error },
    );
  }
  if (isPassingFault(error)) {
    (c.get("log") as Logger | undefined)?.warn("store_away", { error, route: c.req.routePath });
    return errors.unavailable("a part of the service is away for a moment", {
      cause: error,
      retryAfterSeconds: 2,
    });
  }
  const log = c.get("log") as Logger | undefined; // unset only when the deps themselves failed
  if (log) log.error("request_failed", { error, route: c.req.routePath });
  else
    console.error(
      JSON.stringify({
        severity: "ERROR",
        message: "deps_failed",
        detail: error instanceof Error ? error.message : "",
      }),
    );
  return errors.internal("the request could not be handled", { cause: error });
}

function answerProblem(c: AppContext, error: ReverieError): Response {
  const requestId = (c.get("requestId") as string | undefined) ?? "unknown"; // unset only when the deps themselves failed
  const headers = new Headers({
    "content-type": PROBLEM_JSON,
    "cache-control": "no-store",
    "x-request-id": requestId,
  });
  if (error.status === 401) headers.set("www-authenticate", "Bearer");
  if (error.retryAfterSeconds !== undefined)
    headers.set("retry-after", String(Math.ceil(error.retryAfterSeconds)));
  const rate = c.res.headers.get("ratelimit");
  if (rate !== null) {
    headers.set("ratelimit", rate);
    const policy = c.res.headers.get("ratelimit-policy");
    if (policy !== null) headers.set("ratelimit-policy", policy);
  }
  return new Response(JSON.stringify(problemDocument(error, requestId)), { status: error.status, headers });
}
