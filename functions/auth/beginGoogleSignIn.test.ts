import assert from "node:assert/strict";
import { test } from "node:test";
import { errors } from "#shared/platform/errors.ts";
import { callerOf, unreached } from "#shared/platform/http/testing/caller.ts";
import { beginGoogleSignInRoute } from "./beginGoogleSignIn.ts";

const CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const PATH = `/v1/auth/google?redirect_uri=com.example.app:/signed-in&code_challenge=${CHALLENGE}`;

test("the browser is sent to Google with the flow's cookie, which no cache keeps", async () => {
  const inputs: unknown[] = [];
  const route = beginGoogleSignInRoute.performing(async (input) => {
    inputs.push(input);
    return { location: "https://accounts.example/authorize?x=1", cookie: "flow", secure: true };
  });
  const { status, headers } = await callerOf(route, {})("GET", `${PATH}&state=abc`, { token: null });
  assert.deepEqual([status, headers.get("location")], [302, "https://accounts.example/authorize?x=1"]);
  assert.equal(
    headers.get("set-cookie"),
    "__session=flow; Max-Age=600; Path=/v1/auth/google; HttpOnly; Secure; SameSite=Lax",
  );
  assert.equal(headers.get("cache-control"), "private, no-store");
  assert.equal(headers.get("referrer-policy"), "no-referrer");
  assert.deepEqual(inputs, [
    { redirectUri: "com.example.app:/signed-in", challenge: CHALLENGE, state: "abc" },
  ]);
});

test("an unregistered app link, or no challenge, is 400 and leads nowhere", async () => {
  const refused = beginGoogleSignInRoute.performing(async () => {
    throw errors.invalidRequest("redirect_uri: is not registered");
  });
  const answer = await callerOf(refused, {})("GET", PATH);
  assert.deepEqual([answer.status, answer.headers.get("location")], [400, null]);
  const ask = callerOf(beginGoogleSignInRoute.performing(unreached), {});
  for (const query of [
    "redirect_uri=x",
    `code_challenge=${CHALLENGE}`,
    `redirect_uri=x&code_challenge=short`,
  ])
    assert.equal((await ask("GET", `/v1/auth/google?${query}`)).status, 400);
});
