import assert from "node:assert/strict";
import { test } from "node:test";
import { errors } from "#shared/platform/errors.ts";
import { callerOf, unreached } from "#shared/platform/http/testing/caller.ts";
import { retryDeadLetterRoute } from "./retryDeadLetter.ts";
import { DEAD_LETTER, ID, token } from "./testing/entries.ts";

test("a failed job is started again and answered as it is then", async () => {
  const inputs: unknown[] = [];
  const route = retryDeadLetterRoute.performing(async (input) => {
    inputs.push(input);
    return { ...DEAD_LETTER, state: "queued" };
  });
  const { status, json } = await callerOf(route, {})("POST", `/v1/admin/dead-letters/${ID}/retry`, { token });
  assert.deepEqual([status, json.state, inputs], [200, "queued", [{ jobId: ID }]]);
});

test("a job that was cancelled is 409; what can't be a job is 404, and nothing starts", async () => {
  const cancelled = retryDeadLetterRoute.performing(async () => {
    throw errors.jobFinished("the job was cancelled");
  });
  const answer = await callerOf(cancelled, {})("POST", `/v1/admin/dead-letters/${ID}/retry`, { token });
  assert.deepEqual([answer.status, answer.json.code], [409, "job_finished"]);
  const ask = callerOf(retryDeadLetterRoute.performing(unreached), {});
  assert.equal((await ask("POST", "/v1/admin/dead-letters/x/retry", { token })).status, 404);
});
