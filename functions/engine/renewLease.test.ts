import assert from "node:assert/strict";
import { test } from "node:test";
import { errors } from "#shared/platform/errors.ts";
import { callerOf, unreached } from "#shared/platform/http/testing/caller.ts";
import { renewLeaseRoute } from "./renewLease.ts";
import { LEASE, PATH, token } from "./testing/lease.ts";

test("the lease that was judged is renewed", async () => {
  const inputs: unknown[] = [];
  const renewed = { expiresAt: "2026-03-01T10:01:00.000Z", cancelRequested: true };
  const route = renewLeaseRoute.performing(async (input) => {
    inputs.push(input);
    return renewed;
  }, LEASE);
  const body = { progress: 0.5, stage: "meshing", leaseSeconds: 60 };
  const { status, json } = await callerOf(route, {})("POST", `${PATH}/renew`, { body, token });
  assert.deepEqual([status, json], [200, renewed]);
  assert.deepEqual(inputs, [{ lease: LEASE, renewal: body }]);
});

test("a body that can't be is 400, and nothing is renewed", async () => {
  const ask = callerOf(renewLeaseRoute.performing(unreached, LEASE), {});
  for (const body of [{}, { progress: 1.1, leaseSeconds: 60 }, { stage: "\u0000", leaseSeconds: 60 }])
    assert.equal((await ask("POST", `${PATH}/renew`, { body, token })).status, 400);
});

test("a lease that was lost meanwhile is 409", async () => {
  const route = renewLeaseRoute.performing(async () => {
    throw errors.leaseLost("the lease has ended");
  }, LEASE);
  const answer = await callerOf(route, {})("POST", `${PATH}/renew`, { body: { leaseSeconds: 60 }, token });
  assert.deepEqual([answer.status, answer.json.code], [409, "lease_lost"]);
});
