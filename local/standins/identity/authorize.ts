/** The authorize endpoint: a page on which a person types an address, and the redirect with a code to the client. */
import { type Context, Hono } from "hono";
import { html } from "hono/html";
import { z } from "zod";
import { isAddress } from "#shared/platform/mail/address.ts";
import { type Markup, page, pageHeaders } from "../web/page.ts";
import type { Codes } from "./codes.ts";
import { accountNumber } from "./keys.ts";
import { type Parameters, rawQuery, readParameters } from "./requests.ts";

export interface OAuthClient {
  readonly clientId: string;
  readonly clientSecret: string;
  /** Compared character by character. */
  readonly redirectUris: readonly string[];
}

export interface AuthorizeDeps {
  readonly issuer: string;
  readonly clients: readonly OAuthClient[];
  readonly codes: Codes;
}

interface SignInRequest {
  readonly client: OAuthClient;
  readonly redirectUri: string;
  readonly state: string | undefined;
  readonly scopes: readonly string[];
  readonly nonce: string | undefined;
  readonly codeChallenge: string | undefined;
  readonly loginHint: string | undefined;
}

/**
 * A request is one of three: good; wrong in a way that goes to the client by redirect; or from a client that can't be trusted
 * with a redirect, so that only the person in front of the page learns it (RFC 6749, 4.1.2.1).
 */
type Judged =
  | { readonly verdict: "good"; readonly request: SignInRequest }
  | {
      readonly verdict: "redirect";
      readonly redirectUri: string;
      readonly state: string | undefined;
      readonly error: string;
      readonly description: string;
    }
  | { readonly verdict: "refuse"; readonly why: string };

const answer = z.object({
  email: z.string().trim().max(254).refine(isAddress, "expected an e-mail address"),
  name: z.string().trim().max(200).optional(),
  /** A checkbox: sent when ticked, absent otherwise. */
  verified: z.string().optional(),
});

export function authorizeRoutes({ issuer, clients, codes }: AuthorizeDeps): Hono {
  const routes = new Hono();

  /** Back to the client, with the parameters Google adds, so that a client that trips over them trips here. */
  const back = (
    c: Context,
    to: { redirectUri: string; state: string | undefined },
    parameters: Record<string, string>,
  ) => {
    const target = new URL(to.redirectUri);
    if (to.state !== undefined) target.searchParams.set("state", to.state);
    target.searchParams.set("iss", issuer);
    for (const [name, value] of Object.entries(parameters)) target.searchParams.set(name, value);
    return c.body(null, 302, {
      location: target.href,
      "cache-control": "no-store",
      "referrer-policy": "no-referrer",
    });
  };

  const show = (c: Context, content: Markup, status: 200 | 400) => c.html(content, status, pageHeaders);

  routes.on(["GET", "POST"], "/o/oauth2/v2/auth", async (c) => {
    const judged = judge(rawQuery(c), clients);
    if (judged.verdict === "refuse") return show(c, refusalPage(judged.why), 400);
    if (judged.verdict === "redirect")
      return back(c, judged, { error: judged.error, error_description: judged.description });

    const { request } = judged;
    if (c.req.method === "GET") return show(c, signInPage(request), 200);
    const form = readParameters(await c.req.text());
    if (!(form instanceof Map))
      return show(c, signInPage(request, "That form came back twice over. Try again."), 400);
    if (form.get("decision") === "deny") return back(c, request, { error: "access_denied" });
    const given = answer.safeParse(Object.fromEntries(form));
    if (!given.success)
      return show(c, signInPage(request, "Type an e-mail address, such as mina@example.com."), 400);
    const { email, name, verified } = given.data;
    const code = codes.issue({
      person: { sub: accountNumber(email), email, emailVerified: verified !== undefined, name },
      clientId: request.client.clientId,
      redirectUri: request.redirectUri,
      scopes: request.scopes,
      nonce: request.nonce,
      codeChallenge: request.codeChallenge,
    });
    return back(c, request, { code, scope: request.scopes.join(" "), authuser: "0", prompt: "consent" });
  });
  return routes;
}

function judge(query: string, clients: readonly OAuthClient[]): Judged {
  const parameters = readParameters(query);
  if (!(parameters instanceof Map))
    return {
      verdict: "refuse",
      why: `The parameter “${"repeated" in parameters ? parameters.repeated : ""}” came twice.`,
    };
  const client = clients.find(({ clientId }) => clientId === parameters.get("client_id"));
  if (client === undefined)
    return { verdict: "refuse", why: "The OAuth client was not found (invalid_client)." };
  const redirectUri = parameters.get("redirect_uri");
  if (redirectUri === undefined || !client.redirectUris.includes(redirectUri))
    return {
      verdict: "refuse",
      why: "redirect_uri is not registered for this client (redirect_uri_mismatch).",
    };

  const state = parameters.get("state");
  const problem = problemOf(parameters);
  if (problem !== undefined) return { verdict: "redirect", redirectUri, state, ...problem };
  const request = {
    client,
    redirectUri,
    state,
    scopes: scopesOf(parameters),
    nonce: parameters.get("nonce"),
    codeChallenge: parameters.get("code_challenge"),
    loginHint: parameters.get("login_hint"),
  };
  return { verdict: "good", request };
}

function problemOf(parameters: Parameters): { error: string; description: string } | undefined {
  const invalid = (description: string) => ({ error: "invalid_request", description });
  const type = parameters.get("response_type");
  if (type === undefined) return invalid("response_type is missing.");
  if (type !== "code")
    return { error: "unsupported_response_type", description: "Only response_type=code is served." };
  if (!scopesOf(parameters).includes("openid"))
    return { error: "invalid_scope", description: "scope must contain openid." };
  if ((parameters.get("response_mode") ?? "query") !== "query")
    return invalid("Only response_mode=query is served.");
  if (parameters.has("request") || parameters.has("request_uri"))
    return { error: "request_not_supported", description: "Request objects are not served." };

  const challenge = parameters.get("code_challenge");
  const method = parameters.get("code_challenge_method");
  if (challenge === undefined && method !== undefined) return invalid("code_challenge is missing.");
  if (challenge !== undefined && method !== "S256") return invalid("code_challenge_method must be S256.");
  if (challenge !== undefined && !/^[\w-]{43}$/.test(challenge))
    return invalid("code_challenge must be a SHA-256 in base64url.");
  // There is no session here, so the page must be shown before anything is granted.
  if (parameters.get("prompt")?.split(" ").includes("none"))
    return { error: "login_required", description: "No one is signed in." };
  return undefined;
}

function scopesOf(parameters: Parameters): string[] {
  const short: Record<string, string> = {
    "https://www.googleapis.com/auth/userinfo.email": "email",
    "https://www.googleapis.com/auth/userinfo.profile": "profile",
  };
  const named = (parameters.get("scope") ?? "").split(" ").filter((scope) => scope !== "");
  return [...new Set(named.map((scope) => short[scope] ?? scope))];
}

// The form goes to the address of the page itself, so the request comes back in the query and is judged again.
function signInPage(request: SignInRequest, complaint?: string): Markup {
  return page({
    title: "Sign in",
    about: "The local cloud's stand-in for Google. Choose any address; nothing is checked.",
    narrow: true,
    body: html`<section><form method="post">
${complaint === undefined ? "" : html`<p class="bad" role="alert">${complaint}</p>`}
<label>E-mail address<input type="email" name="email" value="${request.loginHint ?? ""}" autocomplete="email" required autofocus></label>
<label>Name<input type="text" name="name" maxlength="200" autocomplete="name"></label>
<label class="check"><input type="checkbox" name="verified" value="true" checked> Address verified</label>
<div class="row"><button class="main">Continue</button><button name="decision" value="deny" formnovalidate>Cancel</button></div>
</form></section>
<p class="dim">For <code>${request.client.clientId}</code>, which asks for <code>${request.scopes.join(" ")}</code> and gets its answer at
<code>${request.redirectUri}</code>.</p>`,
  });
}

function refusalPage(why: string): Markup {
  return page({
    title: "Access blocked: this request is invalid",
    about: "The local cloud's stand-in for Google.",
    narrow: true,
    body: html`<section><p>${why}</p><p class="dim">You can't be sent back, because it isn't clear who asked.</p></section>`,
  });
}
