/** What verifiers and OpenID clients look up: discovery, the public keys, and who an access token belongs to. */
import { Hono } from "hono";
import { exportJWK } from "jose";
import { type KeyRing, publicPem, type SigningKey } from "./keys.ts";
import { apiError, bearerToken } from "./requests.ts";
import type { Tokens } from "./tokens.ts";

export interface DiscoveryDeps {
  readonly issuer: string;
  readonly keys: KeyRing;
  readonly tokens: Tokens;
}

export function discoveryRoutes({ issuer, keys, tokens }: DiscoveryDeps): Hono {
  const routes = new Hono();
  const cached = { "cache-control": "public, max-age=300" };

  routes.get("/.well-known/openid-configuration", (c) =>
    c.json(
      {
        issuer,
        authorization_endpoint: `${issuer}/o/oauth2/v2/auth`,
        token_endpoint: `${issuer}/token`,
        userinfo_endpoint: `${issuer}/v1/userinfo`,
        jwks_uri: `${issuer}/oauth2/v3/certs`,
        response_types_supported: ["code"],
        response_modes_supported: ["query"],
        grant_types_supported: ["authorization_code", "urn:ietf:params:oauth:grant-type:jwt-bearer"],
        subject_types_supported: ["public"],
        id_token_signing_alg_values_supported: ["RS256"],
        scopes_supported: ["openid", "email", "profile"],
        token_endpoint_auth_methods_supported: ["client_secret_post", "client_secret_basic"],
        claims_supported: [
          "aud",
          "azp",
          "email",
          "email_verified",
          "exp",
          "iat",
          "iss",
          "name",
          "nonce",
          "sub",
        ],
        code_challenge_methods_supported: ["S256"],
        authorization_response_iss_parameter_supported: true,
      },
      200,
      cached,
    ),
  );

  const jwks = async (key: SigningKey) => ({
    keys: [{ ...(await exportJWK(key.publicKey)), kid: key.kid, use: "sig", alg: "RS256" }],
  });
  routes.get("/oauth2/v3/certs", async (c) => c.json(await jwks(keys.idTokens), 200, cached));
  // The form that google-auth-library's verifyIdToken reads under Node.
  routes.get("/oauth2/v1/certs", (c) =>
    c.json({ [keys.idTokens.kid]: publicPem(keys.idTokens) }, 200, cached),
  );

  routes.get("/service_accounts/v1/jwk/:email", async (c) => {
    const account = keys.accounts.get(c.req.param("email").toLowerCase());
    if (account === undefined) return apiError(c, 404, "NOT_FOUND", "There is no such service account.");
    return c.json(await jwks(await account.key()), 200, cached);
  });
  routes.get("/robot/v1/metadata/x509/:email", async (c) => {
    const account = keys.accounts.get(c.req.param("email").toLowerCase());
    if (account === undefined) return apiError(c, 404, "NOT_FOUND", "There is no such service account.");
    const key = await account.key();
    return c.json({ [key.kid]: publicPem(key) }, 200, cached);
  });

  routes.on(["GET", "POST"], "/v1/userinfo", (c) => {
    const token = bearerToken(c);
    const who = token === undefined ? undefined : tokens.readAccessToken(token);
    if (who === undefined) {
      c.header("www-authenticate", 'Bearer error="invalid_token"');
      return apiError(c, 401, "UNAUTHENTICATED", "The access token is missing, expired, or not from here.");
    }
    const scopes = who.kind === "service" ? ["email"] : who.scope.split(" ");
    return c.json({
      sub: who.sub,
      ...(scopes.includes("email") && { email: who.email, email_verified: who.emailVerified }),
      ...(scopes.includes("profile") && who.name !== undefined && { name: who.name }),
    });
  });
  return routes;
}
