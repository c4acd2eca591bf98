import { z } from "@hono/zod-openapi";
import { setCookie } from "hono/cookie";
import { route } from "#shared/platform/http/route.ts";
import { type BrowserFlowDeps, begin } from "./browserFlow.ts";
import { FLOW_COOKIE, FLOW_SECONDS } from "./flowCookie.ts";
import { allowCookie, cookieOptions, GOOGLE_PATH, redirect } from "./flowResponse.ts";
import { challengeSchema } from "./pkce.ts";

/**
 * Begins a sign-in with Google in the system's browser.
 * @returns where to send the browser, and the cookie that it must bring back
 * @throws `invalid_request` for an app link that isn't registered
 */
export async function beginGoogleSignIn(
  app: { redirectUri: string; challenge: string; state: string | undefined },
  deps: BrowserFlowDeps & { readonly secureCookies: boolean },
): Promise<{ location: string; cookie: string; secure: boolean }> {
  return { ...(await begin(app, deps)), secure: deps.secureCookies };
}

export const beginGoogleSignInRoute = route(
  {
    operationId: "beginGoogleSignIn",
    access: "public",
    method: "get",
    path: GOOGLE_PATH,
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
    responses: { 302: redirect("To Google.") },
    errors: [],
  },
  beginGoogleSignIn,
  async (c, perform) => {
    const { redirect_uri, code_challenge, state } = c.req.valid("query");
    const started = await perform({ redirectUri: redirect_uri, challenge: code_challenge, state });
    setCookie(c, FLOW_COOKIE, started.cookie, { ...cookieOptions(started.secure), maxAge: FLOW_SECONDS });
    allowCookie(c);
    return c.redirect(started.location, 302);
  },
);
