import assert from "node:assert/strict";
import { test } from "node:test";
import { callerOf, unreached } from "#shared/platform/http/testing/caller.ts";
import { replayQuarantinedRoute } from "./replayQuarantined.ts";
import { token } from "./testing/entries.ts";

test("what became of the replay is answered, also when it can't be read again", async () => {
  for (const outcome of ["synced", "quarantined"] as const) {
    const route = replayQuarantinedRoute.performing(async ({ id }) => ({ id, outcome }));
    const answer = await callerOf(route, {})("POST", "/v1/admin/quarantine/job/replay", { token });
    assert.deepEqual([answer.status, answer.json], [200, { id: "job", outcome }]);
  }
});

test("what can't be a document's id is 404, and nothing is replayed", async () => {
  const ask = callerOf(replayQuarantinedRoute.performing(unreached), {});
  assert.equal((await ask("POST", "/v1/admin/quarantine/__x__/replay", { token })).status, 404);
});
