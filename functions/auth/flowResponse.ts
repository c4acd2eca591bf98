/** What the two redirects of the browser flow have in common. */
import { z } from "@hono/zod-openapi";
import type { AppContext } from "#shared/platform/http/appEnv.ts";

export const GOOGLE_PATH = "/v1/auth/google";

/** The answer of a redirect, for the OpenAPI document. */
export function redirect(description: string) {
  return { description, headers: z.object({ location: z.string() }) };
}

/** Hosting takes the cookie off any answer that isn't `private`. */
export function allowCookie(c: AppContext): void {
  c.header("cache-control", "private, no-store");
  c.header("referrer-policy", "no-referrer");
}

/** Lax, because the way back from Google is a navigation from another site. */
export function cookieOptions(secure: boolean) {
  return { httpOnly: true, secure, sameSite: "Lax", path: GOOGLE_PATH } as const;
}
