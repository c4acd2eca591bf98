import assert from "node:assert/strict";
import { test } from "node:test";
import { errors } from "#shared/platform/errors.ts";
import { callerOf, REQUEST_ID, unreached } from "#shared/platform/http/testing/caller.ts";
import { refreshTokens, refreshTokensRoute } from "./refreshTokens.ts";

const PATH = "/v1/auth/tokens";
const BODY = { refreshToken: "r1" };

test("the token and the attempt key go in; the next tokens are 200", async () => {
  const inputs: unknown[] = [];
  const route = refreshTokensRoute.performing(async (input) => {
    inputs.push(input);
    return {
      accessToken: "access",
      tokenType: "Bearer",
      expiresIn: 600,
      refreshToken: "r2",
      session: { id: "session" },
      user: { id: "user", email: null, name: null, role: null, enrolled: false },
    };
  });
  const headers = { "idempotency-key": "attempt" };
  const { status, json } = await callerOf(route, {})("POST", PATH, { body: BODY, headers, token: null });
  assert.deepEqual([status, json.refreshToken], [200, "r2"]);
  assert.deepEqual(inputs, [{ refreshToken: "r1", attemptKey: "attempt", requestId: REQUEST_ID }]);
});

test("without an attempt key it is 400, and the token is not spent", async () => {
  const asked = refreshTokens(
    { refreshToken: "r1", attemptKey: undefined, requestId: REQUEST_ID },
    {
      db: { query: unreached, transaction: unreached, close: unreached },
      clock: unreached,
      refreshKeys: [],
      endListeners: unreached,
      issueAccessToken: unreached,
    },
  );
  await assert.rejects(asked, { code: "idempotency_key_required", status: 400 });
  const ask = callerOf(refreshTokensRoute.performing(unreached), {});
  for (const headers of [{ "idempotency-key": "" }, { "idempotency-key": "a b" }])
    assert.equal((await ask("POST", PATH, { body: BODY, headers })).status, 400);
});

test("a token that is invalid, spent or reused is 401 with its own code", async () => {
  for (const error of [
    errors.tokenInvalid("unknown"),
    errors.tokenSpent("spent"),
    errors.tokenReused("ended"),
  ]) {
    const route = refreshTokensRoute.performing(async () => {
      throw error;
    });
    const { status, json } = await callerOf(route, {})("POST", PATH, { body: BODY });
    assert.deepEqual([status, json.code], [401, error.code]);
  }
});
