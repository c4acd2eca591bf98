/** Reading what callers send: parameters, bearer tokens, JSON bodies; and the two shapes Google's servers answer errors in. */
import { createHash, timingSafeEqual } from "node:crypto";
import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { z } from "zod";

/** Parameters of a query or a form, each at most once (RFC 6749, 3.1 and 3.2). */
export type Parameters = ReadonlyMap<string, string>;

/** @returns the parameters, or the name of the first one that came twice */
export function readParameters(encoded: string): Parameters | { repeated: string } {
  const read = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(encoded)) {
    if (read.has(name)) return { repeated: name };
    // RFC 6749, 3.1: a parameter without a value is treated as omitted. It still counts for the check above.
    read.set(name, value);
  }
  return new Map([...read].filter(([, value]) => value !== ""));
}

/** The query string of a request as it came, without the question mark. */
export function rawQuery(c: Context): string {
  return new URL(c.req.url).search.slice(1);
}

export function bearerToken(c: Context): string | undefined {
  return /^Bearer ([\w.~+/-]+=*)$/i.exec(c.req.header("authorization") ?? "")?.[1];
}

/** Compares two secrets of any length without telling by time how much of them agrees. */
export function sameSecret(left: string, right: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(left), digest(right));
}

/** A JSON body that fits `schema`, or the sentence that says why it doesn't. */
export async function readJson<Schema extends z.ZodType>(
  c: Context,
  schema: Schema,
): Promise<{ ok: true; body: z.output<Schema> } | { ok: false; why: string }> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(await c.req.text());
  } catch {
    return { ok: false, why: "the body must be JSON" };
  }
  const result = schema.safeParse(parsed);
  if (result.success) return { ok: true, body: result.data };
  const issue = result.error.issues[0];
  return { ok: false, why: `${issue?.path.join(".") || "body"}: ${issue?.message ?? "not understood"}` };
}

/** An error as Google's APIs answer it. */
export function apiError(c: Context, code: ContentfulStatusCode, status: string, message: string): Response {
  return c.json({ error: { code, message, status } }, code);
}

/** An error of the token endpoint (RFC 6749, 5.2). */
export function oauthError(
  c: Context,
  error: string,
  description: string,
  status: ContentfulStatusCode = 400,
): Response {
  return c.json({ error, error_description: description }, status, {
    "cache-control": "no-store",
    ...(status === 401 && { "www-authenticate": 'Basic realm="identity"' }),
  });
}
