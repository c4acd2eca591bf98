import assert from "node:assert/strict";
import { test } from "node:test";
import { callerOf } from "#shared/platform/http/testing/caller.ts";
import { listPublicKeysRoute } from "./listPublicKeys.ts";

test("the public keys are there for anyone, for ten minutes in any cache", async () => {
  const key = { kty: "EC", crv: "P-256", x: "x", y: "y", kid: "1", alg: "ES256", use: "sig" } as const;
  const ask = callerOf(listPublicKeysRoute, { publicKeys: [key] });
  const { status, json, headers } = await ask("GET", "/v1/auth/jwks.json", { token: null });
  assert.deepEqual([status, json], [200, { keys: [key] }]);
  assert.equal(headers.get("cache-control"), "public, max-age=600");
});
