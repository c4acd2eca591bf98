import { HTTPException } from "hono/http-exception";
import { errors, ReverieError } from "../errors.ts";
import type { Logger } from "../log/logger.ts";
import { isPassingFault } from "../passingFault.ts";
import type { AppContext } from "./appEnv.ts";
import { PROBLEM_JSON, problemDocument } from "./problem.ts";

/** Turns what was thrown into the problem document that the caller gets. An error that isn't ours is a bare 500. */
export function answerError(c: AppContext, thrown: unknown): Response {
  const error = declared(asReverieError(thrown, c), c);
  const requestId = (c.get("requestId") as string | undefined) ?? "unknown"; // unset only when making the deps failed
  const headers = new Headers({
    "content-type": PROBLEM_JSON,
    "cache-control": "no-store",
    "x-request-id": requestId,
  });
  if (error.status === 401) headers.set("www-authenticate", "Bearer");
  if (error.retryAfterSeconds !== undefined)
    headers.set("retry-after", String(Math.ceil(error.retryAfterSeconds)));
  for (const name of ["ratelimit", "ratelimit-policy"]) {
    const value = c.res.headers.get(name);
    if (value !== null) headers.set(name, value);
  }
  return new Response(JSON.stringify(problemDocument(error, requestId)), { status: error.status, headers });
}

/** An error whose code the route doesn't declare is a mistake of ours: callers don't know of it. */
function declared(error: ReverieError, c: AppContext): ReverieError {
  const route = c.get("route") as AppContext["var"]["route"] | undefined; // unset before a route is found
  if (route === undefined || route.errors.has(error.code)) return error;
  const { operationId } = route;
  if (!c.get("http").refuseUndeclaredErrors) {
    c.get("log").error("error_undeclared", { operationId, code: error.code });
    return error;
  }
  return errors.internal(`${operationId} doesn't declare the error ${error.code}`, { cause: error });
}

function asReverieError(error: unknown, c: AppContext): ReverieError {
  if (error instanceof ReverieError) return error;
  if (error instanceof HTTPException && error.status < 500) {
    return errors.invalidRequest(
      error.status === 400 ? "the body is not valid JSON" : "the request can't be read",
      { cause: error },
    );
  }
  const log = c.get("log") as Logger | undefined; // unset only when making the deps failed
  if (isPassingFault(error)) {
    log?.warn("store_away", { error, route: c.req.routePath });
    return errors.unavailable("a part of the service is away for a moment", {
      cause: error,
      retryAfterSeconds: 2,
    });
  }
  if (log) log.error("request_failed", { error, route: c.req.routePath });
  else logUnserved("deps_failed", error);
  return errors.internal("the request could not be handled", { cause: error });
}

/** A line of log where there is no logger: what a function uses could not be made, or an answer could not be sent. */
export function logUnserved(message: "deps_failed" | "answer_failed", error: unknown): void {
  const detail = error instanceof Error ? error.message : "";
  console.error(JSON.stringify({ severity: "ERROR", message, detail }));
}
