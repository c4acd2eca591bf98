/** Signing in as an app does it, over the one origin. */
import assert from "node:assert/strict";
import { createHash, randomBytes, randomUUID } from "node:crypto";
import { describe, it } from "node:test";
import { createRemoteJWKSet, jwtVerify } from "jose";
import { z } from "zod";
import { endpoints } from "./cloud.ts";
import { firebaseClient } from "./firebaseClient.ts";

const cloud = endpoints();
const firebase = firebaseClient(new URL(cloud.auth).host, cloud.projectId);

const tokensSchema = z.strictObject({
  accessToken: z.string(),
  tokenType: z.literal("Bearer"),
  expiresIn: z.literal(600),
  refreshToken: z.string(),
  session: z.strictObject({ id: z.string() }),
  user: z.strictObject({
    id: z.string(),
    email: z.string().nullable(),
    name: z.string().nullable(),
    role: z.string().nullable(),
    enrolled: z.boolean(),
  }),
});
type Tokens = z.infer<typeof tokensSchema>;

const post = (path: string, body: object, headers: Readonly<Record<string, string>> = {}) =>
  fetch(`${cloud.api}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
const signedIn = async (body: object): Promise<Tokens> => {
  const answer = await post("/v1/auth/sessions", body);
  const text = await answer.text();
  assert.equal(answer.status, 201, text);
  return tokensSchema.parse(JSON.parse(text));
};
const address = () => `${randomUUID()}@example.com`;
const sdkAnswer = z.object({ idToken: z.string() });
/** An ID token of Firebase, for e-mail and password. */
const tokenOf = async (method: "signUp" | "signInWithPassword", email: string) => {
  const answer = await firebase.client(method, { email, password: "correct horse", returnSecureToken: true });
  return sdkAnswer.parse(answer).idToken;
};
const verify = async (email: string, idToken: string) => {
  await firebase.client("sendOobCode", { requestType: "VERIFY_EMAIL", idToken });
  await firebase.openVerificationLink(email);
};
/** Signs in with Google. @param number tells Google accounts with one address apart */
const withGoogle = async (email: string, number?: string): Promise<Tokens> => {
  const person = { email, ...(number === undefined ? {} : { sub: `${number}-${email}` }) };
  const made = await fetch(`${cloud.identity}/users`, { method: "POST", body: JSON.stringify(person) });
  return signedIn({ provider: "google", ...sdkAnswer.parse(await made.json()) });
};

describe("over the one origin", () => {
  it("after verifying the address, e-mail and Google sign in the same person", async () => {
    const email = address();
    const idToken = await tokenOf("signUp", email);
    await verify(email, idToken);
    const first = await signedIn({
      provider: "firebase",
      idToken: await tokenOf("signInWithPassword", email),
    });
    assert.equal((await withGoogle(email)).user.id, first.user.id);
  });

  it("the reader of an address does not get into an account made for it by another", async () => {
    const email = address();
    const idToken = await tokenOf("signUp", email);
    const first = await signedIn({ provider: "firebase", idToken });
    await verify(email, idToken);
    const again = await signedIn({
      provider: "firebase",
      idToken: await tokenOf("signInWithPassword", email),
    });
    assert.equal(again.user.id, first.user.id);
    assert.notEqual((await withGoogle(email)).user.id, first.user.id);
  });

  it("a second Google account with the same address is another person", async () => {
    const email = address();
    const [one, two] = [await withGoogle(email, "1"), await withGoogle(email, "2")];
    assert.notEqual(two.user.id, one.user.id);
    assert.equal((await withGoogle(email, "1")).user.id, one.user.id);
  });

  it("a person signs in by phone number, listens to Firestore, signs out everywhere", async () => {
    const phoneNumber = `+1555${String(Date.now()).slice(-7)}`;
    const sent = await firebase.client("sendVerificationCode", { phoneNumber, recaptchaToken: "any" });
    const code = await firebase.smsCode(phoneNumber);
    const answer = await firebase.client("signInWithPhoneNumber", { sessionInfo: sent.sessionInfo, code });
    const { accessToken, refreshToken } = await signedIn({
      provider: "firebase",
      idToken: sdkAnswer.parse(answer).idToken,
      device: { name: "A phone", platform: "android" },
    });
    const bearer = { authorization: `Bearer ${accessToken}` };

    const listener = await fetch(`${cloud.api}/v1/auth/firebase-token`, { method: "POST", headers: bearer });
    const { token } = z.strictObject({ token: z.string() }).parse(await listener.json());
    const listening = await firebase.client("signInWithCustomToken", { token, returnSecureToken: true });
    const back = await post("/v1/auth/sessions", { provider: "firebase", idToken: listening.idToken });
    assert.equal(back.status, 401, "a listener token is no sign-in");

    const out = await fetch(`${cloud.api}/v1/auth/sessions`, { method: "DELETE", headers: bearer });
    assert.equal(out.status, 204);
    const refused = await post("/v1/auth/tokens", { refreshToken }, { "idempotency-key": randomUUID() });
    assert.equal(refused.status, 401);
  });

  it("a browser signs in through Google's page, and any service can check the token", async () => {
    const verifier = randomBytes(32).toString("base64url");
    const challenge = createHash("sha256").update(verifier).digest("base64url");
    const query = new URLSearchParams({
      redirect_uri: "reverie://signed-in",
      code_challenge: challenge,
      state: "mine",
    });
    const begun = await fetch(`${cloud.api}/v1/auth/google?${query}`, { redirect: "manual" });
    assert.equal(begun.status, 302);
    const cookie = (begun.headers.get("set-cookie") ?? "").split(";")[0] ?? "";
    assert.match(cookie, /^__session=./);
    const page = begun.headers.get("location") ?? "";
    const email = address();
    const form = new URLSearchParams({ email, verified: "on" });
    const atGoogle = await fetch(page, { method: "POST", body: form, redirect: "manual" });
    const callback = atGoogle.headers.get("location") ?? "";
    assert.ok(callback.startsWith(`${cloud.api}/v1/auth/google/callback?`), callback);
    const finished = await fetch(callback, { headers: { cookie }, redirect: "manual" });
    const link = new URL(finished.headers.get("location") ?? "");
    assert.equal(link.searchParams.get("state"), "mine");
    const code = link.searchParams.get("code") ?? "";
    const { accessToken, user } = await signedIn({ provider: "code", code, codeVerifier: verifier });
    assert.equal(user.email, email);

    const keys = createRemoteJWKSet(new URL(`${cloud.api}/v1/auth/jwks.json`));
    const { payload } = await jwtVerify(accessToken, keys, { issuer: cloud.api, audience: "reverie" });
    assert.equal(payload.sub, user.id);
    const verify = (token: string) =>
      fetch(`${cloud.api}/v1/auth/verify`, { headers: { authorization: `Bearer ${token}` } });
    const checked = await verify(accessToken);
    assert.equal(checked.status, 204);
    const claim = z.object({ sub: z.string() }).parse(JSON.parse(checked.headers.get("x-user-claim") ?? ""));
    assert.equal(claim.sub, user.id);
    assert.equal((await verify(`${accessToken.slice(0, -4)}AAAA`)).status, 401);
  });

  it("a hundred refreshes at once with one attempt key make one successor", async () => {
    const made = await fetch(`${cloud.identity}/users`, {
      method: "POST",
      body: JSON.stringify({ email: address() }),
    });
    const { refreshToken } = await signedIn({ provider: "google", ...sdkAnswer.parse(await made.json()) });
    const key = { "idempotency-key": randomUUID() };
    const answers = await Promise.all(
      Array.from({ length: 100 }, () => post("/v1/auth/tokens", { refreshToken }, key)),
    );
    const successors = new Set<string>();
    for (const answer of answers) {
      assert.equal(answer.status, 200);
      successors.add(tokensSchema.parse(await answer.json()).refreshToken);
    }
    assert.equal(successors.size, 1);
  });
});
