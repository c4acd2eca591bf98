/** Sign-in through Firebase, with Firebase's own emulator: what a phone does with its SDK, and what we make of it. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { decodeJwt, UnsecuredJWT } from "jose";
import { z } from "zod";
import { createCustomTokens } from "#shared/platform/google/customTokens.ts";
import { createFirebaseAccounts } from "#shared/platform/google/firebaseAccounts.ts";
import { type AuthEmulator, startAuthEmulator } from "./emulator.ts";
import { type Answer, type AuthWorld, openAuthWorld, type Tokens, tokensSchema } from "./harness.ts";

const PROJECT = "demo-auth";
const firebaseOf = (GOOGLE_CLOUD_PROJECT: string) => ({
  ...createFirebaseAccounts({ GOOGLE_CLOUD_PROJECT }),
  ...createCustomTokens({ GOOGLE_CLOUD_PROJECT }),
});
let emulator: AuthEmulator;
let world: AuthWorld;
before(async () => {
  emulator = await startAuthEmulator(PROJECT);
  process.env.FIREBASE_AUTH_EMULATOR_HOST = emulator.host;
  const firebase = firebaseOf(PROJECT);
  world = await openAuthWorld({ firebase });
});
after(async () => {
  await world?.[Symbol.asyncDispose]();
  await emulator?.[Symbol.asyncDispose]();
});

const sdkAnswer = z.object({ idToken: z.string(), localId: z.string() });
const password = "correct horse";
const signUp = async (email: string) =>
  sdkAnswer.parse(await emulator.client("signUp", { email, password, returnSecureToken: true }));
const signInWithPassword = async (email: string) =>
  sdkAnswer.parse(await emulator.client("signInWithPassword", { email, password, returnSecureToken: true }));
const post = (idToken: string) =>
  world.call("POST", "/v1/auth/sessions", { body: { provider: "firebase", idToken } });
const read = (answer: Answer): Tokens => tokensSchema.parse(answer.body);
const outcome = (answer: Answer): string => `${answer.status}${answer.code ? ` ${answer.code}` : ""}`;

describe("sign-in through Firebase", () => {
  it("works with e-mail and password; the address counts from its verification on", async () => {
    const email = "mina@example.com";
    const { idToken } = await signUp(email);
    const unverified = read(await post(idToken)).user;
    assert.equal(unverified.email, email);
    const google = await world.signIn({ email: "other@example.com" });
    assert.notEqual(google.user.id, unverified.id);

    await emulator.client("sendOobCode", { requestType: "VERIFY_EMAIL", idToken });
    await emulator.openVerificationLink(email);
    const verified = read(await post((await signInWithPassword(email)).idToken)).user;
    assert.equal(verified.id, unverified.id);
    assert.notEqual(
      (await world.signIn({ email })).user.id,
      unverified.id,
      "the maker of the password's account may be another person than who opened the link",
    );
  });

  it("is the same person with Google, if the address was verified from the first", async () => {
    const email = "kim@example.com";
    const { idToken } = await signUp(email);
    await emulator.client("sendOobCode", { requestType: "VERIFY_EMAIL", idToken });
    await emulator.openVerificationLink(email);
    const first = read(await post((await signInWithPassword(email)).idToken)).user;
    assert.equal((await world.signIn({ email })).user.id, first.id);
  });

  it("with Google is Google's identity, also where Firebase goes by the address", async () => {
    const signInWithGoogle = async (sub: string) => {
      const googleToken = JSON.stringify({ sub, email: "recycled@example.com", email_verified: true });
      const answer = await emulator.client("signInWithIdp", {
        postBody: `id_token=${encodeURIComponent(googleToken)}&providerId=google.com`,
        requestUri: "http://localhost",
        returnIdpCredential: true,
        returnSecureToken: true,
      });
      const { idToken, localId } = sdkAnswer.parse(answer);
      return { firebaseId: localId, userId: read(await post(idToken)).user.id };
    };
    const first = await signInWithGoogle("google-1");
    const direct = await world.signIn({ email: "recycled@example.com", sub: "google-1" });
    assert.equal(direct.user.id, first.userId);
    const second = await signInWithGoogle("google-2");
    assert.equal(second.firebaseId, first.firebaseId, "Firebase goes by the address");
    assert.notEqual(second.userId, first.userId, "we don't");
  });

  it("works with a phone number and an SMS code, without any address", async () => {
    const phoneNumber = "+15555550100";
    const signInByPhone = async () => {
      const sent = await emulator.client("sendVerificationCode", { phoneNumber, recaptchaToken: "any" });
      const code = await emulator.smsCode(phoneNumber);
      return sdkAnswer.parse(
        await emulator.client("signInWithPhoneNumber", { sessionInfo: sent.sessionInfo, code }),
      );
    };
    const first = read(await post((await signInByPhone()).idToken));
    assert.deepEqual(first.user, { id: first.user.id, email: null, name: null, role: null, enrolled: false });
    assert.equal(read(await post((await signInByPhone()).idToken)).user.id, first.user.id);
    const refreshed = await world.refresh(first.refreshToken);
    assert.equal(refreshed.status, 200);
  });

  it("works with Apple", async () => {
    const appleToken = JSON.stringify({
      sub: "apple-1",
      email: "relay@privaterelay.appleid.com",
      email_verified: true,
    });
    const answer = await emulator.client("signInWithIdp", {
      postBody: `id_token=${encodeURIComponent(appleToken)}&providerId=apple.com`,
      requestUri: "http://localhost",
      returnIdpCredential: true,
      returnSecureToken: true,
    });
    assert.equal((await post(sdkAnswer.parse(answer).idToken)).status, 201);
  });

  it("refuses disabled, deleted, anonymous and signed-out accounts", async () => {
    const refused = async (idToken: string) =>
      assert.equal(outcome(await post(idToken)), "401 identity_rejected");
    const admin = (method: string, body: object) =>
      fetch(
        `http://${emulator.host}/identitytoolkit.googleapis.com/v1/projects/${PROJECT}/accounts:${method}`,
        {
          method: "POST",
          headers: { "content-type": "application/json", authorization: "Bearer owner" },
          body: JSON.stringify(body),
        },
      );
    const anonymous = sdkAnswer.parse(await emulator.client("signUp", { returnSecureToken: true }));
    await refused(anonymous.idToken);

    const disabled = await signUp("disabled@example.com");
    await admin("update", { localId: disabled.localId, disableUser: true });
    await refused(disabled.idToken);

    const deleted = await signUp("deleted@example.com");
    await admin("delete", { localId: deleted.localId });
    await refused(deleted.idToken);

    const revoked = await signUp("revoked@example.com");
    const later = String((decodeJwt(revoked.idToken).iat ?? 0) + 5);
    await admin("update", { localId: revoked.localId, validSince: later });
    await refused(revoked.idToken);
  });

  it("refuses tokens of another project, expired ones and rubbish, all with 401", async () => {
    const { idToken } = await signUp("forged@example.com");
    const claims = decodeJwt(idToken);
    const forge = (changes: object) => new UnsecuredJWT({ ...claims, ...changes }).encode();
    for (const token of [
      forge({ aud: "another", iss: "https://securetoken.google.com/another" }),
      forge({ exp: 1 }),
      forge({ sub: "" }),
      forge({ sub: undefined }),
      forge({ sub: "nobody" }),
      forge({ firebase: undefined }),
      "x",
      "a.b.c",
      "..",
      "e30.e30.",
      "bnVsbA.bnVsbA.bnVsbA",
    ])
      assert.equal(outcome(await post(token)), "401 identity_rejected", token.slice(0, 40));
  });
});

describe("Firebase, when it can't be reached", () => {
  it("a sign-in is 503 and writes nothing, and signing out still works", async () => {
    const project = "demo-away";
    process.env.FIREBASE_AUTH_EMULATOR_HOST = "127.0.0.1:9";
    await using away = await openAuthWorld({
      firebase: firebaseOf(project),
    });
    try {
      const { idToken } = await signUp("away@example.com");
      const issuer = `https://securetoken.google.com/${project}`;
      const ours = new UnsecuredJWT({ ...decodeJwt(idToken), aud: project, iss: issuer }).encode();
      const answer = await away.call("POST", "/v1/auth/sessions", {
        body: { provider: "firebase", idToken: ours },
      });
      assert.equal(outcome(answer), "503 unavailable");
      assert.equal(await away.rows("users"), 0);
      assert.equal(await away.rows("audit_log"), 0);

      const { accessToken, refreshToken } = await away.signIn({ email: "away@example.com" });
      const out = await away.call("DELETE", "/v1/auth/sessions/current", { token: accessToken });
      assert.equal(out.status, 204);
      assert.equal(outcome(await away.refresh(refreshToken)), "401 token_invalid");
    } finally {
      process.env.FIREBASE_AUTH_EMULATOR_HOST = emulator.host;
    }
  });
});

describe("a listener token", () => {
  const listen = async (token: string) => {
    const answer = await world.call("POST", "/v1/auth/firebase-token", { token });
    assert.equal(answer.status, 200);
    return z.strictObject({ token: z.string() }).parse(answer.body).token;
  };
  const exchange = async (token: string) =>
    z
      .object({ idToken: z.string() })
      .parse(await emulator.client("signInWithCustomToken", { token, returnSecureToken: true }));

  it("signs the phone in to Firebase under the person's own id, and not in here", async () => {
    const { accessToken, user } = await world.signIn({ email: "listener@example.com" });
    const { idToken } = await exchange(await listen(accessToken));
    assert.equal(decodeJwt(idToken).sub, user.id);
    assert.equal(outcome(await post(idToken)), "401 identity_rejected");
  });

  it("has its Firebase session revoked when the person signs out", async () => {
    const { accessToken } = await world.signIn({ email: "leaver@example.com" });
    const { idToken } = await exchange(await listen(accessToken));
    const firebase = createFirebaseAccounts({ GOOGLE_CLOUD_PROJECT: PROJECT });
    assert.equal((await firebase.verify(idToken)).signInProvider, "custom");
    await secondAfter(Number(decodeJwt(idToken).auth_time));
    const out = await world.call("DELETE", "/v1/auth/sessions/current", { token: accessToken });
    assert.equal(out.status, 204);
    await assert.rejects(firebase.verify(idToken), { code: "identity_rejected" });
  });
});

/** Waits until a later second than this: Firebase compares whole seconds. */
async function secondAfter(second: number): Promise<void> {
  while (Math.floor(Date.now() / 1000) <= second) await new Promise((resolve) => setTimeout(resolve, 20));
}
