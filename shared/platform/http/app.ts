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
import { requestLanguage } from "./language.ts";
import { methodsOf } from "./methods.ts";
import { type Route, routerPath } from "./route.ts";

const routesOfApps = new WeakMap<App, readonly Route<never>[]>();

/** The routes that an app was made with; its OpenAPI document is made of their definitions. */
export function routesOf(app: App): readonly Route<never>[] {
  return routesOfApps.get(app) ?? [];
}

/**
 * An app with these routes.
 * @param deps called at the first request, so that importing a function connects to nothing
 */
export function appOf<Deps extends { readonly http: HttpDeps }>(
  deps: () => Deps,
  routes: readonly Route<Deps>[],
): App {
  const app: App = new Hono<AppEnv>();
  app.use((c, next) =>
    withTrace(
      traceOfHeaders((name) => c.req.header(name)),
      next,
    ),
  );
  const reported = new Set<CoarseReason>();
  app.use(async (c, next) => {
    begin(c, deps().http, reported);
    const startedAt = performance.now();
    await next();
    c.header("x-request-id", c.var.requestId);
    c.header("cache-control", c.res.headers.get("cache-control") ?? "no-store");
    c.header("x-content-type-options", "nosniff");
    c.var.log.info("request", {
      httpRequest: {
        requestMethod: c.req.method,
        // The route's pattern, not the path: a path can hold ids, and a wrong one can hold anything.
        requestUrl: c.req.routePath,
        status: c.res.status,
        latency: `${((performance.now() - startedAt) / 1000).toFixed(3)}s`,
      },
    });
  });
  app.use(requestLanguage);
  app.use(crossOrigin(app));
  app.use(async (c, next) => {
    await refuseUnreadableBody(c);
    await next();
  });
  for (const { definition, handlers } of routes)
    app.on([definition.method], [routerPath(definition)], ...handlers(deps));
  routesOfApps.set(app, routes);
  app.notFound((c) => answerUnrouted(c, app));
  app.onError((error, c) => answerError(c, error));
  return app;
}

/** @param reported what of the caller's address this instance has logged: once is enough to find a way in that isn't as EDGE says */
function begin(c: AppContext, http: HttpDeps, reported: Set<CoarseReason>): void {
  const requestId = http.newId();
  c.set("http", http);
  c.set("requestId", requestId);
  c.set("log", http.log.with({ requestId }));
  const { subject, coarse } = callerAddress(
    http.edge,
    (name) => c.req.header(name),
    c.env?.incoming?.socket.remoteAddress,
  );
  c.set("address", subject);
  if (coarse === undefined || reported.has(coarse)) return;
  reported.add(coarse);
  if (coarse === "client_address") c.var.log.error("client_address_missing", {});
  else c.var.log.warn("caller_address_coarse", { reason: coarse });
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
