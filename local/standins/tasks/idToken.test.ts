import assert from "node:assert/strict";
import { test } from "node:test";
import { createRemoteJWKSet, jwtVerify } from "jose";
import { z } from "zod";
import { startIdentity } from "../identity/server.ts";
import { openWorker, temporaryDirectory } from "./harness.ts";
import { idTokensFromIam } from "./idToken.ts";

test("an ID token of the identity stand-in is for that audience and that account", async (t) => {
  const email = "caller@reverie-test.iam.gserviceaccount.com";
  const identity = await startIdentity({
    port: 0,
    dataDir: temporaryDirectory(t),
    projectId: "reverie-test",
    serviceAccounts: [{ email }],
    runtimeServiceAccount: email,
    oauthClients: [{ clientId: "app", clientSecret: "secret", redirectUris: [] }],
  });
  t.after(() => identity.close());
  const mint = idTokensFromIam(identity.url);
  const token = await mint(email, "https://dispatch.example");
  const answer = await fetch(`${identity.url}/.well-known/openid-configuration`);
  const { jwks_uri } = z.object({ jwks_uri: z.url() }).parse(await answer.json());
  const keys = createRemoteJWKSet(new URL(jwks_uri));
  const { payload } = await jwtVerify(token, keys, {
    issuer: identity.issuer,
    audience: "https://dispatch.example",
  });
  assert.equal(payload.email, email);
  assert.equal(payload.email_verified, true);
  await assert.rejects(mint("stranger@reverie-test.iam.gserviceaccount.com", "x"), /answered 404/);
});

test("an endpoint that answers rubbish, refuses or doesn't answer gives no token", async (t) => {
  const rubbish = await openWorker(t, () => ({ body: "{}" }));
  const silent = await openWorker(t, () => ({ when: new Promise(() => {}) }));
  await assert.rejects(idTokensFromIam(rubbish.url)("a@b.example", "x"));
  await assert.rejects(idTokensFromIam("http://127.0.0.1:1")("a@b.example", "x"));
  const closing = new AbortController();
  const waiting = idTokensFromIam(silent.url)("a@b.example", "x", closing.signal);
  closing.abort();
  await assert.rejects(waiting);
});
