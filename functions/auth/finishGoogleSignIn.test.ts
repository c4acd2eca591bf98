import assert from "node:assert/strict";
import { test } from "node:test";
import { errors } from "#shared/platform/errors.ts";
import { callerOf, REQUEST_ID } from "#shared/platform/http/testing/caller.ts";
import { finishGoogleSignInRoute } from "./finishGoogleSignIn.ts";

const PATH = "/v1/auth/google/callback?code=c&state=s";

test("the browser is sent on to the app, and loses the flow's cookie", async () => {
  const inputs: unknown[] = [];
  const route = finishGoogleSignInRoute.performing(async (input) => {
    inputs.push(input);
    return { location: "com.example.app:/signed-in?code=x", secure: false };
  });
  const headers = { cookie: "__session=flow; other=1" };
  const answer = await callerOf(route, {})("GET", PATH, { headers, token: null });
  assert.deepEqual(
    [answer.status, answer.headers.get("location")],
    [302, "com.example.app:/signed-in?code=x"],
  );
  assert.match(answer.headers.get("set-cookie") ?? "", /^__session=; Max-Age=0; Path=\/v1\/auth\/google;/);
  assert.deepEqual(inputs, [
    {
      callback: { state: "s", code: "c", error: undefined, iss: undefined },
      cookie: "flow",
      requestId: REQUEST_ID,
    },
  ]);
});

test("a browser that began no such sign-in is 400 and is sent nowhere", async () => {
  const route = finishGoogleSignInRoute.performing(async ({ cookie }) => {
    assert.equal(cookie, undefined);
    throw errors.invalidRequest("this browser began no such sign-in");
  });
  const answer = await callerOf(route, {})("GET", PATH);
  assert.deepEqual([answer.status, answer.headers.get("location")], [400, null]);
});
