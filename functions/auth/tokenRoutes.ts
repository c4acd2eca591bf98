/** What others check and use our tokens by: public keys, a check for reverse proxies, Firestore listener tokens. */
import { createRoute, z } from "@hono/zod-openapi";
import { access } from "#shared/platform/http/access.ts";
import type { App } from "#shared/platform/http/appEnv.ts";
import type { AuthDeps } from "./deps.ts";
import { requireLiveSession } from "./session.ts";

const publicKey = z.object({
  kty: z.literal("EC"),
  crv: z.literal("P-256"),
  x: z.string(),
  y: z.string(),
  kid: z.string(),
  alg: z.literal("ES256"),
  use: z.literal("sig"),
});

const getKeys = createRoute({
  ...access("public"),
  method: "get",
  path: "/v1/auth/jwks.json",
  summary: "The public keys of access tokens: the current one, and those of a rotation under way",
  responses: {
    200: {
      description: "A JSON Web Key Set (RFC 7517).",
      content: { "application/json": { schema: z.object({ keys: z.array(publicKey) }).openapi("Keys") } },
    },
  },
});
const verify = createRoute({
  ...access("account"),
  method: "get",
  path: "/v1/auth/verify",
  summary: "Whether an access token is good; for a reverse proxy's sub-request",
  responses: {
    204: {
      description: "It is.",
      headers: z.object({
        "x-user-claim": z
          .string()
          .describe('JSON in ASCII: `{"sub", "sid", "role"}`; role is null before enrolment.'),
      }),
    },
  },
});
const postFirebaseToken = createRoute({
  ...access("account"),
  method: "post",
  path: "/v1/auth/firebase-token",
  summary: "A Firebase custom token, to listen to one's own jobs in Firestore",
  responses: {
    200: {
      description: "Sign in to Firebase with it, within an hour. It can't be used to sign in here.",
      content: { "application/json": { schema: z.object({ token: z.string() }).openapi("ListenerToken") } },
    },
  },
});

export function addTokenRoutes(app: App, deps: () => AuthDeps): void {
  app.openapi(getKeys, (c) => {
    c.header("cache-control", "public, max-age=600");
    return c.json({ keys: [...deps().publicKeys] }, 200);
  });

  app.openapi(verify, (c) => {
    const { userId, sessionId, role } = c.var.account;
    c.header("x-user-claim", JSON.stringify({ sub: userId, sid: sessionId, role }));
    return c.body(null, 204);
  });

  app.openapi(postFirebaseToken, async (c) => {
    const { db, clock, firebase } = deps();
    // It can be used for an hour, so it isn't given for a session that has ended within the access token's ten minutes.
    await requireLiveSession(db, c.var.account, clock());
    return c.json({ token: await firebase.customToken(c.var.account.userId) }, 200);
  });
}
