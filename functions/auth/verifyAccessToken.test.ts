import assert from "node:assert/strict";
import { test } from "node:test";
import { callerOf, PERSON } from "#shared/platform/http/testing/caller.ts";
import { verifyAccessTokenRoute } from "./verifyAccessToken.ts";

test("a good token is 204 with its bearer in one header; a bad one is 401 without", async () => {
  const ask = callerOf(verifyAccessTokenRoute, {});
  const good = await ask("GET", "/v1/auth/verify");
  assert.equal(good.status, 204);
  assert.deepEqual(JSON.parse(good.headers.get("x-user-claim") ?? ""), {
    sub: PERSON,
    sid: `session-of-${PERSON}`,
    role: null,
  });
  for (const token of ["bad", null]) {
    const { status, headers } = await ask("GET", "/v1/auth/verify", { token });
    assert.deepEqual([status, headers.get("x-user-claim")], [401, null]);
  }
});
