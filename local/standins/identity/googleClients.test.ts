/** Google's own libraries against the stand-in, unmodified, led here by environment variables as on Cloud Run. */
import assert from "node:assert/strict";
import { createVerify } from "node:crypto";
import { after, before, test } from "node:test";
import { Storage } from "@google-cloud/storage";
import { getApps, initializeApp } from "firebase-admin/app";
import { getAuth } from "firebase-admin/auth";
import { type CodeChallengeMethod, GoogleAuth, Impersonated, OAuth2Client } from "google-auth-library";
import { createRemoteJWKSet, decodeJwt, jwtVerify } from "jose";
import { bodyOf, CLIENT, ENGINE, type Fresh, freshIdentity, RUNTIME, TASKS, userToken } from "./harness.ts";

let fresh: Fresh;
const names = [
  "GCE_METADATA_HOST",
  "METADATA_SERVER_DETECTION",
  "GOOGLE_CLOUD_PROJECT",
  "STORAGE_EMULATOR_HOST",
  "FIREBASE_AUTH_EMULATOR_HOST",
  "GOOGLE_APPLICATION_CREDENTIALS",
] as const;
const earlier = names.map((name) => [name, process.env[name]] as const);

before(async () => {
  fresh = await freshIdentity();
  delete process.env.GOOGLE_APPLICATION_CREDENTIALS;
  process.env.GCE_METADATA_HOST = fresh.identity.metadataHost;
  process.env.METADATA_SERVER_DETECTION = "assume-present";
  process.env.GOOGLE_CLOUD_PROJECT = "reverie-test";
});
after(async () => {
  for (const [name, value] of earlier) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
  await fresh[Symbol.asyncDispose]();
});

/** Google's library with its addresses turned to the stand-in, all else as it comes. */
function oauthClient(): OAuth2Client {
  const { url } = fresh.identity;
  return new OAuth2Client({
    clientId: CLIENT.clientId,
    clientSecret: CLIENT.clientSecret,
    redirectUri: "http://127.0.0.1:1/v1/auth/google/callback",
    issuers: [url],
    endpoints: {
      oauth2AuthBaseUrl: `${url}/o/oauth2/v2/auth`,
      oauth2TokenUrl: `${url}/token`,
      oauth2FederatedSignonPemCertsUrl: `${url}/oauth2/v1/certs`,
    },
  });
}

test("default credentials get access token and account from the metadata server", async () => {
  const auth = new GoogleAuth({ scopes: "https://www.googleapis.com/auth/cloud-platform" });
  const token = await auth.getAccessToken();
  assert.match(token ?? "", /^ya29\./);
  const credentials = await auth.getCredentials();
  assert.equal(credentials.client_email, RUNTIME);
  assert.equal(credentials.universe_domain, "googleapis.com");
});

test("an ID token verifies by discovery and with verifyIdToken, for its audience only", async () => {
  const { url, issuer } = fresh.identity;
  const client = await new GoogleAuth().getIdTokenClient("http://engine.example/wake?x=1");
  const headers = await client.getRequestHeaders();
  const token = headers.get("authorization")?.replace("Bearer ", "") ?? "";

  const discovery = await bodyOf(fetch(`${url}/.well-known/openid-configuration`));
  const jwks = createRemoteJWKSet(new URL(String(discovery.jwks_uri)));
  const { payload } = await jwtVerify(token, jwks, { issuer, audience: "http://engine.example/wake?x=1" });
  assert.equal(payload.email, RUNTIME);
  assert.equal(payload.email_verified, true);
  assert.match(payload.sub ?? "", /^\d{21}$/);
  await assert.rejects(jwtVerify(token, jwks, { issuer, audience: "http://other.example" }), {
    code: "ERR_JWT_CLAIM_VALIDATION_FAILED",
  });

  const ticket = await oauthClient().verifyIdToken({
    idToken: token,
    audience: "http://engine.example/wake?x=1",
  });
  assert.equal(ticket.getPayload()?.email, RUNTIME);
  await assert.rejects(
    oauthClient().verifyIdToken({ idToken: token, audience: "http://other.example" }),
    /Wrong recipient/,
  );
});

test("verifyIdToken accepts a scripted user's token, with the same sub each time", async () => {
  const user = (body: object) => userToken(fresh.identity, body);
  const first = await user({ email: "Mina@example.com", name: "김미나", nonce: "n-1" });
  const ticket = await oauthClient().verifyIdToken({ idToken: first.idToken, audience: CLIENT.clientId });
  const { iat = 0, exp = 0, ...claims } = ticket.getPayload() ?? {};
  assert.deepEqual(claims, {
    iss: fresh.identity.issuer,
    aud: CLIENT.clientId,
    azp: CLIENT.clientId,
    sub: first.sub,
    email: "Mina@example.com",
    email_verified: true,
    name: "김미나",
    nonce: "n-1",
  });
  assert.equal(exp - iat, 3600);
  assert.equal((await user({ email: "mina@example.com" })).sub, first.sub);
  assert.notEqual((await user({ email: "other@example.com" })).sub, first.sub);

  const odd = await user({ email: "x@example.com", emailVerified: false, sub: "42", audience: "elsewhere" });
  const { email_verified, sub, aud } = decodeJwt(odd.idToken);
  assert.deepEqual({ email_verified, sub, aud }, { email_verified: false, sub: "42", aud: "elsewhere" });
});

test("a signed URL is signed keylessly by signBlob, with the runtime account's key", async () => {
  process.env.STORAGE_EMULATOR_HOST = "http://127.0.0.1:1";
  const storage = new Storage({ projectId: "reverie-test" });
  const [signed] = await storage
    .bucket("resources")
    .file("spaces/g/jobs/j/1/room.glb")
    .getSignedUrl({
      version: "v4",
      action: "write",
      expires: Date.now() + 60_000,
      contentType: "model/gltf-binary",
      extensionHeaders: { "x-goog-if-generation-match": "0" },
      signingEndpoint: fresh.identity.signingEndpoint,
    });
  const url = new URL(signed);
  assert.equal(url.origin, "http://127.0.0.1:1");
  const query = (name: string) => url.searchParams.get(`X-Goog-${name}`) ?? "";
  const [email, ...scope] = query("Credential").split("/");
  assert.equal(email, RUNTIME);

  const unsigned = [...url.searchParams]
    .filter(([name]) => name !== "X-Goog-Signature")
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const canonical = [
    "PUT",
    url.pathname,
    unsigned.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join("&"),
    "content-type:model/gltf-binary\nhost:127.0.0.1\nx-goog-if-generation-match:0\n",
    query("SignedHeaders"),
    "UNSIGNED-PAYLOAD",
  ].join("\n");
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", Buffer.from(canonical)));
  const toSign = [
    "GOOG4-RSA-SHA256",
    query("Date"),
    scope.join("/"),
    Buffer.from(digest).toString("hex"),
  ].join("\n");
  const verify = createVerify("RSA-SHA256").update(toSign);
  assert.ok(verify.verify((await fresh.identity.publicKeyOf(RUNTIME)) ?? "", query("Signature"), "hex"));
});

test("an impersonating client signs, and gets ID and access tokens, as another account", async () => {
  const sourceClient = await new GoogleAuth().getClient();
  const client = new Impersonated({
    sourceClient,
    targetPrincipal: ENGINE,
    targetScopes: ["a", "b"],
    lifetime: 120,
    endpoint: fresh.identity.url,
  });
  const { signedBlob } = await client.sign("hello");
  const verify = createVerify("RSA-SHA256").update("hello");
  assert.ok(verify.verify((await fresh.identity.publicKeyOf(ENGINE)) ?? "", signedBlob, "base64"));
  assert.equal(decodeJwt(await client.fetchIdToken("http://api.example")).email, ENGINE);
  const { token } = await client.getAccessToken();
  assert.match(token ?? "", /^ya29\./);
});

test("the code flow by OAuth2Client gives a verified ID token, and the code works once", async () => {
  const client = oauthClient();
  const { codeVerifier, codeChallenge = "" } = await client.generateCodeVerifierAsync();
  const address = client.generateAuthUrl({
    scope: ["openid", "email", "profile"],
    state: "st",
    code_challenge: codeChallenge,
    // The library's own enum, whose value is "S256".
    code_challenge_method: "S256" as CodeChallengeMethod,
  });
  const form = new URLSearchParams({ email: "mina@example.com", name: "Mina", verified: "true" });
  const redirect = await fetch(address, { method: "POST", body: form, redirect: "manual" });
  const code = new URL(redirect.headers.get("location") ?? "").searchParams.get("code") ?? "";
  const { tokens } = await client.getToken({ code, codeVerifier });
  const ticket = await client.verifyIdToken({ idToken: tokens.id_token ?? "", audience: CLIENT.clientId });
  assert.equal(ticket.getPayload()?.name, "Mina");
  await assert.rejects(client.getToken({ code, codeVerifier }), /invalid_grant/);
});

test("the ID token of a task is minted for a registered account only", async () => {
  const token = await fresh.identity.mintIdToken(TASKS, "http://dispatch.example");
  const ticket = await oauthClient().verifyIdToken({ idToken: token, audience: "http://dispatch.example" });
  assert.equal(ticket.getPayload()?.email, TASKS);
  await assert.rejects(fresh.identity.mintIdToken("stranger@example.com", "http://x"), RangeError);
});

test("firebase-admin makes custom tokens for the Auth emulator without asking anybody", async () => {
  process.env.FIREBASE_AUTH_EMULATOR_HOST = "127.0.0.1:1";
  const asked = fresh.logged.length;
  const app = getApps()[0] ?? initializeApp({ projectId: "reverie-test" });
  const token = await getAuth(app).createCustomToken("u-1", { groups: true });
  assert.equal(decodeJwt(token).uid, "u-1");
  assert.equal(fresh.logged.length, asked);
});
