import assert from "node:assert/strict";
import { test } from "node:test";
import { errors } from "#shared/platform/errors.ts";
import { callerOf, PERSON, unreached } from "#shared/platform/http/testing/caller.ts";
import { ID, jobView } from "#shared/queue/testing/jobView.ts";
import { retryJobRoute } from "./retryJob.ts";

test("a job is started again for the caller and answered as it is then", async () => {
  const inputs: unknown[] = [];
  const route = retryJobRoute.performing(async (input) => {
    inputs.push(input);
    return jobView();
  });
  const { status, json } = await callerOf(route, {})("POST", `/v1/jobs/${ID}/retry`);
  assert.deepEqual([status, json, inputs], [200, jobView(), [{ userId: PERSON, id: ID }]]);
});

test("why a job can't start again has its own code", async () => {
  for (const [error, status] of [
    [errors.notFound(), 404],
    [errors.jobNotFinished("the job has not ended"), 409],
    [errors.jobFinished("the job has ended"), 409],
    [errors.inputsGone("its files are gone"), 409],
    [errors.inputsRejected("a file was rejected"), 409],
    [errors.erased("the space was erased"), 409],
    [errors.tooManyOpenJobs("200 jobs are open"), 429],
  ] as const) {
    const route = retryJobRoute.performing(async () => {
      throw error;
    });
    const answer = await callerOf(route, {})("POST", `/v1/jobs/${ID}/retry`);
    assert.deepEqual([answer.status, answer.json.code], [status, error.code]);
  }
});

test("what can't be a job is 404, and nothing starts", async () => {
  const ask = callerOf(retryJobRoute.performing(unreached), {});
  assert.equal((await ask("POST", "/v1/jobs/job-1/retry")).status, 404);
});
