/**
 * What a bucket's CORS configuration lets web pages do with signed URLs and session URIs; without one, nothing
 * (https://cloud.google.com/storage/docs/cross-origin). A request that isn't allowed is answered all the same, without the headers that a
 * browser looks for.
 */
import { type Exchange, header, sendEmpty } from "./exchange.ts";

export interface BucketCors {
  /** Web origins, or `*`. */
  readonly origins: readonly string[];
  readonly methods: readonly string[];
  /** Headers that a page may send, and those of the answer that it may read: one list for both. */
  readonly headers: readonly string[];
  readonly maxAgeSeconds: number;
}

/** Adds the headers of an answer to a page. */
export function allowBrowsers(exchange: Exchange, cors: BucketCors | undefined): void {
  const found = allowed(exchange, exchange.method, cors);
  if (found === undefined) return;
  exchange.response.setHeader("access-control-allow-origin", found.origin);
  exchange.response.setHeader("access-control-expose-headers", found.cors.headers.join(", "));
  exchange.response.setHeader("vary", "Origin");
}

/** Answers what a browser asks before a page's request. */
export function answerPreflight(exchange: Exchange, cors: BucketCors | undefined): void {
  const method = header(exchange, "access-control-request-method") ?? "";
  const wanted = (header(exchange, "access-control-request-headers") ?? "")
    .split(",")
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== "");
  const found = allowed(exchange, method, cors);
  const known = new Set(found?.cors.headers.map((name) => name.toLowerCase()));
  const headers =
    found === undefined || !wanted.every((name) => known.has(name))
      ? {}
      : {
          "access-control-allow-origin": found.origin,
          "access-control-allow-methods": found.cors.methods.join(", "),
          "access-control-allow-headers": found.cors.headers.join(", "),
          "access-control-max-age": String(found.cors.maxAgeSeconds),
          vary: "Origin",
        };
  sendEmpty(exchange, 200, headers);
}

function allowed(
  exchange: Exchange,
  method: string,
  cors: BucketCors | undefined,
): { readonly origin: string; readonly cors: BucketCors } | undefined {
  const origin = header(exchange, "origin");
  if (origin === undefined || !cors?.methods.includes(method)) return undefined;
  if (cors.origins.includes("*")) return { origin: "*", cors };
  return cors.origins.includes(origin) ? { origin, cors } : undefined;
}
