import assert from "node:assert/strict";
import { test } from "node:test";
import { callerOf, PERSON, unreached } from "#shared/platform/http/testing/caller.ts";
import { jobView } from "#shared/queue/testing/jobView.ts";
import { listJobsRoute } from "./listJobs.ts";

test("a page of jobs is answered; state, limit and cursor go in", async () => {
  const inputs: unknown[] = [];
  const found = { items: [jobView()], nextCursor: "next" };
  const route = listJobsRoute.performing(async (input) => {
    inputs.push(input);
    return found;
  });
  const ask = callerOf(route, {});
  const { status, json } = await ask("GET", "/v1/jobs?state=queued&limit=5&cursor=c");
  assert.deepEqual([status, json], [200, found]);
  await ask("GET", "/v1/jobs?limit=&cursor=");
  assert.deepEqual(inputs, [
    { userId: PERSON, language: "en", state: "queued", limit: 5, cursor: "c" },
    { userId: PERSON, language: "en", limit: 20, cursor: undefined },
  ]);
});

test("a state or limit that can't be is 400, and nothing is read", async () => {
  const ask = callerOf(listJobsRoute.performing(unreached), {});
  for (const query of ["state=done", "state=", "limit=0", "limit=x"])
    assert.equal((await ask("GET", `/v1/jobs?${query}`)).status, 400, query);
});
