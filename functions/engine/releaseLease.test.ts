import assert from "node:assert/strict";
import { test } from "node:test";
import { callerOf, unreached } from "#shared/platform/http/testing/caller.ts";
import { releaseLeaseRoute } from "./releaseLease.ts";
import { LEASE, PATH, token } from "./testing/lease.ts";

test("the lease that was judged is given back", async () => {
  const inputs: unknown[] = [];
  const route = releaseLeaseRoute.performing(async (input) => {
    inputs.push(input);
    return { jobId: "job", state: "queued" };
  }, LEASE);
  const { status, json } = await callerOf(route, {})("POST", `${PATH}/release`, { body: {}, token });
  assert.deepEqual([status, json, inputs], [200, { jobId: "job", state: "queued" }, [LEASE]]);
});

test("a body with a field is 400, and the lease stays", async () => {
  const ask = callerOf(releaseLeaseRoute.performing(unreached, LEASE), {});
  assert.equal((await ask("POST", `${PATH}/release`, { body: { code: "x" }, token })).status, 400);
});
