import type { MiddlewareHandler } from "hono";
import { cors } from "hono/cors";
import type { App, AppEnv } from "./appEnv.ts";
import { methodsOf } from "./methods.ts";

/** Request headers that our routes read. */
const REQUEST_HEADERS = [
  "Authorization",
  "Content-Type",
  "Idempotency-Key",
  "If-Match",
  "Last-Event-ID",
  "Traceparent",
];
/** Answer headers that a page may read beside the few that it always may. */
const ANSWER_HEADERS = [
  "Content-Disposition",
  "ETag",
  "Location",
  "RateLimit",
  "RateLimit-Policy",
  "Retry-After",
  "X-Request-Id",
];
/** How long a browser may keep the answer to a preflight; Chromium keeps it no longer than this. */
const MAX_AGE_SECONDS = 7200;

/**
 * Lets pages of the origins on the setting's list call and read the answers (the CORS protocol of https://fetch.spec.whatwg.org). Calls
 * carry their token themselves, so cookies are never let through. A page of another origin gets the answer without these headers, and
 * its browser keeps the answer from it.
 */
export function crossOrigin(app: App): MiddlewareHandler<AppEnv> {
  const allow = cors({
    // Only asked for an origin that is on the list.
    origin: (origin) => origin,
    allowMethods: (_origin, c) => methodsOf(app, c.req.path).filter((method) => method !== "OPTIONS"),
    allowHeaders: REQUEST_HEADERS,
    exposeHeaders: ANSWER_HEADERS,
    maxAge: MAX_AGE_SECONDS,
  });
  return async (c, next) => {
    const { allowedOrigins = [] } = c.get("http");
    if (allowedOrigins.length === 0) return next();
    const isAllowed = allowedOrigins.includes(c.req.header("origin") ?? "");
    const isPreflight = c.req.method === "OPTIONS" && c.req.header("access-control-request-method");
    if (isAllowed && (isPreflight || c.req.method !== "OPTIONS")) return allow(c, next);
    await next();
    c.res.headers.append("vary", "Origin");
  };
}
