import { json, jsonBody } from "#shared/platform/http/content.ts";
import { route } from "#shared/platform/http/route.ts";
import { type SignIn, type SignInDeps, signIn, signInBody } from "./signIn.ts";
import { type Tokens, type TokensDeps, tokensOf, tokensSchema } from "./tokens.ts";

/**
 * Signs a person in and issues the first tokens of their session.
 * @throws `identity_rejected`, `email_unverified`, `sign_in_code_rejected`; `unavailable` when the provider can't be asked
 */
export async function createSession(
  input: { request: SignIn; requestId: string },
  deps: SignInDeps & TokensDeps,
): Promise<Tokens> {
  return tokensOf(await signIn(input.request, input.requestId, deps), deps);
}

export const createSessionRoute = route(
  {
    operationId: "createSession",
    access: "public",
    rate: "sign_in",
    method: "post",
    path: "/v1/auth/sessions",
    summary: "Sign in",
    request: { body: jsonBody(signInBody) },
    responses: { 201: json(tokensSchema, "Signed in.") },
    errors: ["identity_rejected", "email_unverified", "sign_in_code_rejected"],
  },
  createSession,
  async (c, perform) =>
    c.json(await perform({ request: c.req.valid("json"), requestId: c.var.requestId }), 201),
);
