/**
 * What every HTTP function is made of: a Hono app whose routes carry their validation, their OpenAPI description and who may call
 * them in one definition, and whose errors all leave as problem documents. The description is made at build time only.
 */
import { Hono } from "hono";
import { errors } from "../errors.ts";
import { traceOfHeaders, withTrace } from "../trace.ts";
import { answerError } from "./answerError.ts";
import type { App, AppContext, AppEnv } from "./appEnv.ts";
import { refuseUnreadableBody } from "./body.ts";
import { type CoarseReason, callerAddress } from "./callerAddress.ts";
import { crossOrigin } from "./crossOrigin.ts";
import type { HttpDeps } from "./httpDeps.ts";
import { methodsOf } from "./methods.ts";
import { type Route, routerPath } from "./route.ts";

const routesOfApps = new WeakMap<App, readonly Route<never>[]>();

/** The routes that an app was made with; its OpenAPI document is made of their definitions. */
export function routesOf(app: App): readonly Route<never>[] {
  return routesOfApps.get(app) ?? [];
}

/**
 * An app with these routes. Each is one handler, without middleware: a request passes fewer promises that way, and they cost more than what they
 * wait for.
 * @param deps called at the first request, so that importing a function connects to nothing
 */
export function appOf<Deps extends { readonly http: HttpDeps }>(
  deps: () => Deps,
  routes: readonly Route<Deps>[],
): App {
  const app: App = new Hono<AppEnv>();
  const serve = edgeOf(app, () => deps().http);
  for (const { definition, handler } of routes) {
    const path = routerPath(definition);
    const handle = handler(deps);
    app.on([definition.method], [path], (c) => serve(c, path, handle));
  }
  routesOfApps.set(app, routes);
  app.notFound((c) => serve(c, "/*", async () => answerUnrouted(c, app)));
  app.onError((error, c) => answerError(c, error));
  return app;
}

type Serve = (
  c: AppContext,
  pattern: string,
  handle: (c: AppContext) => Promise<Response>,
) => Promise<Response>;

/** What is the same for every request, around what its route does: its trace and id, who may read the answer, errors, headers, one line of log. */
function edgeOf(app: App, http: () => HttpDeps): Serve {
  const reported = new Set<CoarseReason>();
  const allowOrigin = crossOrigin(app);
  const answer: Serve = async (c, pattern, handle) => {
    begin(c, http(), reported);
    const startedAt = performance.now();
    const refusal = await allowOrigin(c, async () => {
      try {
        await refuseUnreadableBody(c);
        c.res = await handle(c);
      } catch (error) {
        c.res = answerError(c, error);
      }
    });
    if (refusal) c.res = refusal;
    const { res } = c;
    res.headers.set("x-request-id", c.get("requestId"));
    if (!res.headers.has("cache-control")) res.headers.set("cache-control", "no-store");
    res.headers.set("x-content-type-options", "nosniff");
    c.get("log").info("request", {
      httpRequest: {
        requestMethod: c.req.method,
        // The route's pattern, not the path: a path can hold ids, and a wrong one can hold anything.
        requestUrl: pattern,
        status: res.status,
        latency: `${((performance.now() - startedAt) / 1000).toFixed(3)}s`,
      },
    });
    return res;
  };
  return (c, pattern, handle) =>
    withTrace(
      traceOfHeaders((name) => c.req.header(name)),
      () => answer(c, pattern, handle),
    );
}

/** @param reported what of the caller's address this instance has logged: once is enough to find a way in that isn't as EDGE says */
function begin(c: AppContext, http: HttpDeps, reported: Set<CoarseReason>): void {
  const requestId = http.newId();
  c.set("http", http);
  c.set("requestId", requestId);
  const log = http.log.with({ requestId });
  c.set("log", log);
  const { subject, coarse } = callerAddress(
    http.edge,
    (name) => c.req.header(name),
    c.env?.incoming?.socket.remoteAddress,
  );
  c.set("address", subject);
  if (coarse === undefined || reported.has(coarse)) return;
  reported.add(coarse);
  if (coarse === "client_address") log.error("client_address_missing", {});
  else log.warn("caller_address_coarse", { reason: coarse });
}

/** 404 for a path that no route has; 405 for a method that the path's routes don't have (RFC 9110 section 15.5.6). */
function answerUnrouted(c: AppContext, app: App): Response {
  const methods = methodsOf(app, c.req.path);
  if (methods.length === 0) return answerError(c, errors.notFound("there is no such route"));
  const allow = methods.join(", ");
  if (c.req.method === "OPTIONS") return new Response(null, { status: 204, headers: { allow } });
  const answer = answerError(c, errors.methodNotAllowed(`this path takes ${allow}`));
  answer.headers.set("allow", allow);
  return answer;
}
