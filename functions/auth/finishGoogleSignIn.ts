import { z } from "@hono/zod-openapi";
import { deleteCookie, getCookie } from "hono/cookie";
import { route } from "#shared/platform/http/route.ts";
import { audit } from "#shared/platform/sql/auditLog.ts";
import { type BrowserFlowDeps, type Callback, finish } from "./browserFlow.ts";
import { FLOW_COOKIE } from "./flowCookie.ts";
import { allowCookie, cookieOptions, GOOGLE_PATH, redirect } from "./flowResponse.ts";

/**
 * Ends a sign-in with Google in the browser; an identity that was refused leaves a line in the audit log.
 * @returns the app link to send the browser to
 * @throws `invalid_request` when this browser didn't begin it, or took too long; `rate_limited`
 */
export async function finishGoogleSignIn(
  input: { callback: Callback; cookie: string | undefined; requestId: string },
  deps: BrowserFlowDeps & { readonly secureCookies: boolean },
): Promise<{ location: string; secure: boolean }> {
  const { location, refused } = await finish(input.callback, input.cookie, deps);
  if (refused === "identity_rejected" || refused === "email_unverified") {
    const entry = { action: "signed_in", outcome: "refused", reason: refused } as const;
    await audit(deps.db, { ...entry, requestId: input.requestId }, deps.clock());
  }
  return { location, secure: deps.secureCookies };
}

export const finishGoogleSignInRoute = route(
  {
    operationId: "finishGoogleSignIn",
    access: "public",
    rate: "sign_in",
    method: "get",
    path: `${GOOGLE_PATH}/callback`,
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
      302: redirect(
        "To the app link, with `code` (good for 60 seconds, at POST /v1/auth/sessions), or with `error`: access_denied, identity_rejected, " +
          "email_unverified or unavailable.",
      ),
    },
    errors: [],
  },
  finishGoogleSignIn,
  async (c, perform) => {
    const { state, code, error, iss } = c.req.valid("query");
    const { location, secure } = await perform({
      callback: { state, code, error, iss },
      cookie: getCookie(c, FLOW_COOKIE),
      requestId: c.var.requestId,
    });
    deleteCookie(c, FLOW_COOKIE, cookieOptions(secure));
    allowCookie(c);
    return c.redirect(location, 302);
  },
);
