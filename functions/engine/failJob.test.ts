import assert from "node:assert/strict";
import { test } from "node:test";
import { callerOf, unreached } from "#shared/platform/http/testing/caller.ts";
import { failJobRoute } from "./failJob.ts";
import { LEASE, PATH, token } from "./testing/lease.ts";

const BODY = { code: "video_unreadable", message: "It can't be read.", retryable: false };

test("the attempt is given up with its reason", async () => {
  const inputs: unknown[] = [];
  const route = failJobRoute.performing(async (input) => {
    inputs.push(input);
    return { jobId: "job", state: "failed" };
  }, LEASE);
  const { status, json } = await callerOf(route, {})("POST", `${PATH}/fail`, { body: BODY, token });
  assert.deepEqual([status, json], [200, { jobId: "job", state: "failed" }]);
  assert.deepEqual(inputs, [{ lease: LEASE, failure: BODY }]);
});

test("a reason that can't be is 400, and the attempt goes on", async () => {
  const ask = callerOf(failJobRoute.performing(unreached, LEASE), {});
  for (const changes of [{ code: "Not Snake" }, { message: "" }, { retryable: "no" }]) {
    const body = { ...BODY, ...changes };
    assert.equal((await ask("POST", `${PATH}/fail`, { body, token })).status, 400);
  }
});
