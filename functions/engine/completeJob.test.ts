import assert from "node:assert/strict";
import { test } from "node:test";
import { errors } from "#shared/platform/errors.ts";
import { callerOf, unreached } from "#shared/platform/http/testing/caller.ts";
import { completeJobRoute } from "./completeJob.ts";
import { LEASE, PATH, token } from "./testing/lease.ts";

const BODY = { files: [{ name: "scene.glb", crc32c: "AAAAAA==" }], data: { floors: 1 } };

test("the job is completed with the files and the data", async () => {
  const inputs: unknown[] = [];
  const completed = { jobId: "job", state: "succeeded", resourceId: "resource" } as const;
  const route = completeJobRoute.performing(async (input) => {
    inputs.push(input);
    return completed;
  }, LEASE);
  const { status, json } = await callerOf(route, {})("POST", `${PATH}/complete`, { body: BODY, token });
  assert.deepEqual([status, json, inputs], [200, completed, [{ lease: LEASE, completion: BODY }]]);
});

test("a body that can't be is 400, and nothing is completed", async () => {
  const ask = callerOf(completeJobRoute.performing(unreached, LEASE), {});
  for (const changes of [
    { files: undefined },
    { files: [{ name: "x" }] },
    { data: [1] },
    { state: "failed" },
  ]) {
    const body = { ...BODY, ...changes };
    assert.equal((await ask("POST", `${PATH}/complete`, { body, token })).status, 400);
  }
});

test("missing outputs, an erased space and a lost lease have their own codes", async () => {
  for (const [error, status] of [
    [errors.outputMissing("scene.glb is not there"), 422],
    [errors.erased("the space was erased"), 409],
    [errors.leaseLost("the lease has ended"), 409],
  ] as const) {
    const route = completeJobRoute.performing(async () => {
      throw error;
    }, LEASE);
    const answer = await callerOf(route, {})("POST", `${PATH}/complete`, { body: BODY, token });
    assert.deepEqual([answer.status, answer.json.code], [status, error.code]);
  }
});
