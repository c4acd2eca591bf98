/** The token endpoint: a code from the browser flow, or an assertion signed with a service account's key, becomes tokens. */
import type { KeyObject } from "node:crypto";
import { type Context, Hono } from "hono";
import { decodeJwt, errors, jwtVerify } from "jose";
import { z } from "zod";
import type { Clock } from "#shared/platform/clock.ts";
import type { OAuthClient } from "./authorize.ts";
import type { Codes } from "./codes.ts";
import type { KeyRing } from "./keys.ts";
import { oauthError, type Parameters, readParameters, sameSecret } from "./requests.ts";
import { TOKEN_SECONDS, type Tokens } from "./tokens.ts";

export interface TokenDeps {
  readonly issuer: string;
  readonly clients: readonly OAuthClient[];
  readonly keys: KeyRing;
  readonly codes: Codes;
  readonly tokens: Tokens;
  readonly clock: Clock;
}

const JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer";
/** How far ahead an assertion's clock may be, in seconds. */
const SKEW_SECONDS = 300;

const assertionClaims = z.object({
  iss: z.string(),
  sub: z.string().optional(),
  scope: z.string().min(1).optional(),
  target_audience: z.string().min(1).optional(),
  iat: z.number(),
  exp: z.number(),
});

export function tokenRoutes(deps: TokenDeps): Hono {
  const routes = new Hono();
  routes.post("/token", async (c) => {
    const type = c.req.header("content-type")?.split(";")[0]?.trim().toLowerCase();
    if (type !== "application/x-www-form-urlencoded")
      return oauthError(c, "invalid_request", "The body must be application/x-www-form-urlencoded.");
    const parameters = readParameters(await c.req.text());
    if (!(parameters instanceof Map)) return oauthError(c, "invalid_request", "A parameter came twice.");
    const grantType = parameters.get("grant_type");
    if (grantType === undefined)
      return oauthError(c, "invalid_request", "Missing required parameter: grant_type");
    if (grantType === "authorization_code") return exchangeCode(c, parameters, deps);
    if (grantType === JWT_BEARER) return exchangeAssertion(c, parameters, deps);
    return oauthError(c, "unsupported_grant_type", `Only authorization_code and ${JWT_BEARER} are served.`);
  });
  return routes;
}

async function exchangeCode(c: Context, parameters: Parameters, deps: TokenDeps): Promise<Response> {
  const claimed = clientCredentials(c, parameters);
  if (claimed === undefined)
    return oauthError(
      c,
      "invalid_request",
      "The client must identify itself in one way: in the body, or by Basic.",
    );
  const client = deps.clients.find(({ clientId }) => clientId === claimed.id);
  if (client === undefined) return oauthError(c, "invalid_client", "The OAuth client was not found.", 401);
  if (!sameSecret(client.clientSecret, claimed.secret))
    return oauthError(c, "invalid_client", "Unauthorized", 401);
  const code = parameters.get("code");
  if (code === undefined) return oauthError(c, "invalid_request", "Missing required parameter: code");

  const redeemed = deps.codes.redeem(code, {
    clientId: client.clientId,
    redirectUri: parameters.get("redirect_uri"),
    codeVerifier: parameters.get("code_verifier"),
  });
  if (!redeemed.ok) return oauthError(c, "invalid_grant", redeemed.why);
  const { person, scopes, nonce } = redeemed.grant;
  const accessToken = deps.tokens.accessToken({ kind: "person", ...person, scope: scopes.join(" ") });
  const idToken = await deps.tokens.personIdToken(person, {
    audience: client.clientId,
    scopes,
    nonce,
    accessToken,
  });
  return c.json(
    {
      access_token: accessToken,
      expires_in: TOKEN_SECONDS - 1,
      scope: scopes.join(" "),
      token_type: "Bearer",
      id_token: idToken,
    },
    200,
    { "cache-control": "no-store" },
  );
}

/** @returns undefined when there are none, or two sets of them (RFC 6749, 2.3) */
function clientCredentials(c: Context, parameters: Parameters): { id: string; secret: string } | undefined {
  const id = parameters.get("client_id");
  const secret = parameters.get("client_secret");
  const authorization = c.req.header("authorization");
  if (authorization === undefined) return id === undefined ? undefined : { id, secret: secret ?? "" };
  const encoded = /^Basic ([\w+/]+=*)$/i.exec(authorization)?.[1];
  if (encoded === undefined || secret !== undefined) return undefined;
  const [user, ...rest] = Buffer.from(encoded, "base64").toString().split(":");
  const basic = { id: formDecoded(user ?? ""), secret: formDecoded(rest.join(":")) };
  return id === undefined || id === basic.id ? basic : undefined;
}

/** RFC 6749, 2.3.1: identifier and secret are form-encoded inside Basic. */
function formDecoded(text: string): string {
  return new URLSearchParams(`v=${text.replaceAll("&", "%26")}`).get("v") ?? "";
}

/** RFC 7523, 2.1, with Google's extension `target_audience`, which asks for an ID token instead of an access token. */
async function exchangeAssertion(c: Context, parameters: Parameters, deps: TokenDeps): Promise<Response> {
  const assertion = parameters.get("assertion");
  if (assertion === undefined)
    return oauthError(c, "invalid_request", "Missing required parameter: assertion");
  const claims = claimsOf(assertion);
  if (claims === undefined) return oauthError(c, "invalid_grant", "Bad Request");
  const account = deps.keys.accounts.get(claims.iss.toLowerCase());
  if (account === undefined) return oauthError(c, "invalid_grant", "Invalid grant: account not found");

  const why = await assertionProblem(assertion, (await account.key()).publicKey, deps);
  if (why !== undefined) return oauthError(c, "invalid_grant", why);
  const now = deps.clock().getTime() / 1000;
  if (claims.exp - claims.iat > TOKEN_SECONDS || claims.iat > now + SKEW_SECONDS)
    return oauthError(c, "invalid_grant", NOT_SHORT_LIVED);
  if (claims.sub !== undefined && claims.sub.toLowerCase() !== account.email)
    return oauthError(c, "unauthorized_client", "Acting for another account is not served.", 401);

  const headers = { "cache-control": "no-store" };
  if (claims.target_audience !== undefined)
    return c.json(
      { id_token: await deps.tokens.serviceIdToken(account, claims.target_audience) },
      200,
      headers,
    );
  if (claims.scope === undefined)
    return oauthError(c, "invalid_scope", "Invalid OAuth scope or ID token audience provided.");
  return c.json(
    {
      access_token: deps.tokens.serviceAccessToken(account, claims.scope),
      expires_in: TOKEN_SECONDS - 1,
      token_type: "Bearer",
    },
    200,
    headers,
  );
}

const NOT_SHORT_LIVED =
  "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT claim.";

/** The claims as they stand, to be believed only after the signature is checked. */
function claimsOf(assertion: string): z.output<typeof assertionClaims> | undefined {
  try {
    return assertionClaims.parse(decodeJwt(assertion));
  } catch {
    return undefined;
  }
}

async function assertionProblem(
  assertion: string,
  key: KeyObject,
  { issuer, clock }: TokenDeps,
): Promise<string | undefined> {
  try {
    await jwtVerify(assertion, key, {
      algorithms: ["RS256"],
      audience: `${issuer}/token`,
      currentDate: clock(),
    });
    return undefined;
  } catch (error) {
    if (error instanceof errors.JWTExpired) return NOT_SHORT_LIVED;
    if (error instanceof errors.JWTClaimValidationFailed && error.claim === "aud")
      return `Invalid JWT: Failed audience check. The right audience is ${issuer}/token`;
    if (error instanceof errors.JOSEError) return "Invalid JWT Signature.";
    throw error;
  }
}
