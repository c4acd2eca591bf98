import assert from "node:assert/strict";
import { test } from "node:test";
import { callerOf, unreached } from "#shared/platform/http/testing/caller.ts";
import { reconcileResultsRoute } from "./reconcileResults.ts";
import { token } from "./testing/entries.ts";

test("it begins at the first result without a body, or goes on where its cursor says", async () => {
  const counts = { missing: 1, stale: 0, changed: 0, invented: 0, recovered: 0, erased: 0 };
  const report = {
    ...{ checked: 2, ...counts, quarantined: 0, mended: 1, failed: 0 },
    differences: [{ jobId: "job", difference: "missing" as const }],
    nextCursor: "job",
  };
  const inputs: unknown[] = [];
  const route = reconcileResultsRoute.performing(async (input) => {
    inputs.push(input);
    return report;
  });
  const ask = callerOf(route, {});
  const { status, json } = await ask("POST", "/v1/admin/audit", { token });
  assert.deepEqual([status, json], [200, report]);
  for (const cursor of ["job", null]) await ask("POST", "/v1/admin/audit", { body: { cursor }, token });
  assert.deepEqual(inputs, [{ cursor: undefined }, { cursor: "job" }, { cursor: undefined }]);
});

test("a cursor that no answer gave is 400, and nothing is compared", async () => {
  const ask = callerOf(reconcileResultsRoute.performing(unreached), {});
  for (const cursor of ["a/b", "__x__", 7])
    assert.equal((await ask("POST", "/v1/admin/audit", { body: { cursor }, token })).status, 400);
});
