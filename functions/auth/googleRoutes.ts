/** The browser flow's two redirects. */
import { createRoute, z } from "@hono/zod-openapi";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import { access } from "#shared/platform/http/access.ts";
import type { App, AppContext } from "#shared/platform/http/appEnv.ts";
import { audit } from "#shared/platform/sql/auditLog.ts";
import { begin, finish } from "./browserFlow.ts";
import type { AuthDeps } from "./deps.ts";
import { FLOW_COOKIE, FLOW_SECONDS } from "./flowCookie.ts";
import { challengeSchema } from "./pkce.ts";

const PATH = "/v1/auth/google";
const location = z.object({ location: z.string() });

const getGoogle = createRoute({
  ...access("public"),
  method: "get",
  path: PATH,
  summary: "Begin to sign in with Google, in the system's browser",
  request: {
    query: z.object({
      redirect_uri: z.string().min(1).max(2048).describe("A registered app link, character by character."),
      code_challenge: challengeSchema.describe("Of the app's own code verifier (RFC 7636)."),
      code_challenge_method: z.literal("S256").optional(),
      state: z
        .string()
        .regex(/^[\x21-\x7e]{1,512}$/, "expected up to 512 visible ASCII characters")
        .optional()
        .describe("Comes back with the app link."),
    }),
  },
  responses: { 302: { description: "To Google.", headers: location } },
});
const getCallback = createRoute({
  ...access("public", { rate: "sign_in" }),
  method: "get",
  path: `${PATH}/callback`,
  summary: "Where Google sends the browser back to",
  request: {
    query: z.object({
      state: z.string().max(512).optional(),
      code: z.string().min(1).max(2048).optional(),
      error: z.string().max(200).optional(),
      iss: z.string().max(512).optional(),
    }),
  },
  responses: {
    302: {
      description:
        "To the app link, with `code` (good for 60 seconds, at POST /v1/auth/sessions), or with `error`: access_denied, identity_rejected, " +
        "email_unverified or unavailable.",
      headers: location,
    },
  },
});

export function addGoogleRoutes(app: App, deps: () => AuthDeps): void {
  app.openapi(getGoogle, async (c) => {
    const { redirect_uri, code_challenge, state } = c.req.valid("query");
    const started = await begin({ redirectUri: redirect_uri, challenge: code_challenge, state }, deps());
    setCookie(c, FLOW_COOKIE, started.cookie, { ...cookieOptions(deps()), maxAge: FLOW_SECONDS });
    allowCookie(c);
    return c.redirect(started.location, 302);
  });

  app.openapi(getCallback, async (c) => {
    const { state, code, error, iss } = c.req.valid("query");
    const { db, clock } = deps();
    const finished = await finish({ state, code, error, iss }, getCookie(c, FLOW_COOKIE), deps());
    if (finished.refused === "identity_rejected" || finished.refused === "email_unverified") {
      const entry = { action: "signed_in", outcome: "refused", reason: finished.refused } as const;
      await audit(db, { ...entry, requestId: c.var.requestId }, clock());
    }
    deleteCookie(c, FLOW_COOKIE, cookieOptions(deps()));
    allowCookie(c);
    return c.redirect(finished.location, 302);
  });
}

/** Hosting takes the cookie off any answer that isn't `private`. */
function allowCookie(c: AppContext): void {
  c.header("cache-control", "private, no-store");
  c.header("referrer-policy", "no-referrer");
}

/** Lax, because the way back from Google is a navigation from another site. */
function cookieOptions({ secureCookies }: AuthDeps) {
  return { httpOnly: true, secure: secureCookies, sameSite: "Lax", path: PATH } as const;
}
