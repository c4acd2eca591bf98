import assert from "node:assert/strict";
import { test } from "node:test";
import { errors } from "#shared/platform/errors.ts";
import { callerOf, PERSON, unreached } from "#shared/platform/http/testing/caller.ts";
import { ID, jobView } from "#shared/queue/testing/jobView.ts";
import { getJobRoute } from "./getJob.ts";

test("a job is answered, asked for by the caller's own id", async () => {
  const inputs: unknown[] = [];
  const route = getJobRoute.performing(async (input) => {
    inputs.push(input);
    return jobView();
  });
  const { status, json } = await callerOf(route, {})("GET", `/v1/jobs/${ID}`);
  assert.deepEqual([status, json, inputs], [200, jobView(), [{ userId: PERSON, language: "en", id: ID }]]);
});

test("another space's job is 404; so is what can't be one, and then nothing is read", async () => {
  const missing = getJobRoute.performing(async () => {
    throw errors.notFound();
  });
  assert.equal((await callerOf(missing, {})("GET", `/v1/jobs/${ID}`)).json.code, "not_found");
  const ask = callerOf(getJobRoute.performing(unreached), {});
  assert.equal((await ask("GET", "/v1/jobs/job-1")).json.code, "not_found");
});
