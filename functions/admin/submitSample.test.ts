import assert from "node:assert/strict";
import { test } from "node:test";
import { errors } from "#shared/platform/errors.ts";
import { callerOf, unreached } from "#shared/platform/http/testing/caller.ts";
import { submitSampleRoute } from "./submitSample.ts";
import { ID, token } from "./testing/entries.ts";

const BODY = { kind: "scene", title: "Sample", params: {}, inputs: { video: ID } };

test("a sample is 202 with the stored answer, in the administrator's name", async () => {
  const inputs: unknown[] = [];
  const route = submitSampleRoute.performing(async (input) => {
    inputs.push(input);
    return { status: 202, body: '{"id":"x"}' };
  });
  const headers = { "idempotency-key": "k1" };
  const ask = callerOf(route, {});
  const { status, text } = await ask("POST", "/v1/admin/samples", { body: BODY, headers, token });
  assert.deepEqual([status, text], [202, '{"id":"x"}']);
  assert.deepEqual(inputs, [{ administrator: "service-account", key: "k1", body: BODY }]);
});

test("a body that can't be a job is 400, and no job is made; an unknown upload is 422", async () => {
  const ask = callerOf(submitSampleRoute.performing(unreached), {});
  assert.equal((await ask("POST", "/v1/admin/samples", { body: { kind: "scene" }, token })).status, 400);
  const unknown = submitSampleRoute.performing(async () => {
    throw errors.uploadUnknown("inputs.video: no such upload");
  });
  assert.equal((await callerOf(unknown, {})("POST", "/v1/admin/samples", { body: BODY, token })).status, 422);
});
