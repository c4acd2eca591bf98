import assert from "node:assert/strict";
import { test } from "node:test";
import { errors } from "#shared/platform/errors.ts";
import { callerOf, PERSON, unreached } from "#shared/platform/http/testing/caller.ts";
import { ID, jobView } from "#shared/queue/testing/jobView.ts";
import { cancelJobRoute } from "./cancelJob.ts";

test("a job is cancelled for the caller and answered as it is then", async () => {
  const inputs: unknown[] = [];
  const cancelled = jobView({ state: "cancelled", position: null });
  const route = cancelJobRoute.performing(async (input) => {
    inputs.push(input);
    return cancelled;
  });
  const { status, json } = await callerOf(route, {})("POST", `/v1/jobs/${ID}/cancel`);
  assert.deepEqual([status, json, inputs], [200, cancelled, [{ userId: PERSON, id: ID }]]);
});

test("an ended job is 409; what can't be a job is 404, and nothing is cancelled", async () => {
  const ended = cancelJobRoute.performing(async () => {
    throw errors.jobFinished("the job has ended");
  });
  const answer = await callerOf(ended, {})("POST", `/v1/jobs/${ID}/cancel`);
  assert.deepEqual([answer.status, answer.json.code], [409, "job_finished"]);
  const ask = callerOf(cancelJobRoute.performing(unreached), {});
  assert.equal((await ask("POST", "/v1/jobs/job-1/cancel")).status, 404);
});
