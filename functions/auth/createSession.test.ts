import assert from "node:assert/strict";
import { test } from "node:test";
import { errors } from "#shared/platform/errors.ts";
import { callerOf, REQUEST_ID, unreached } from "#shared/platform/http/testing/caller.ts";
import { createSessionRoute } from "./createSession.ts";
import type { Tokens } from "./tokens.ts";

const BODY = { provider: "google" as const, idToken: "x.y.z" };
const TOKENS: Tokens = {
  accessToken: "access",
  tokenType: "Bearer",
  expiresIn: 600,
  refreshToken: "refresh",
  session: { id: "session" },
  user: { id: "user", email: null, name: null, role: null, enrolled: false },
};

test("signing in needs no token and answers 201 with tokens, which no cache keeps", async () => {
  const inputs: unknown[] = [];
  const route = createSessionRoute.performing(async (input) => {
    inputs.push(input);
    return TOKENS;
  });
  const answer = await callerOf(route, {})("POST", "/v1/auth/sessions", { body: BODY, token: null });
  assert.deepEqual([answer.status, answer.json], [201, TOKENS]);
  assert.equal(answer.headers.get("cache-control"), "no-store");
  assert.deepEqual(inputs, [{ request: BODY, requestId: REQUEST_ID }]);
});

test("an identity or code that is refused is 401 with its own code", async () => {
  for (const error of [
    errors.identityRejected("not genuine"),
    errors.emailUnverified("not verified"),
    errors.signInCodeRejected("used"),
  ]) {
    const route = createSessionRoute.performing(async () => {
      throw error;
    });
    const { status, json } = await callerOf(route, {})("POST", "/v1/auth/sessions", { body: BODY });
    assert.deepEqual([status, json.code], [401, error.code]);
  }
});

test("a body that fits no provider is 400, and no one is signed in", async () => {
  const ask = callerOf(createSessionRoute.performing(unreached), {});
  for (const body of [
    {},
    { provider: "apple", idToken: "x" },
    { provider: "google" },
    { provider: "google", idToken: "" },
    { provider: "firebase", idToken: "x", nonce: "n" },
    { provider: "code", code: "c", codeVerifier: "short" },
    { ...BODY, device: { name: "\u0000" } },
    { ...BODY, userId: "another" },
  ])
    assert.equal((await ask("POST", "/v1/auth/sessions", { body })).status, 400, JSON.stringify(body));
});
