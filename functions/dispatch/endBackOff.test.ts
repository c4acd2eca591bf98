import assert from "node:assert/strict";
import { test } from "node:test";
import { callerOf, unreached } from "#shared/platform/http/testing/caller.ts";
import { endBackOffRoute } from "./endBackOff.ts";

const ID = "0123456789abcdefghjkmnpqrs";
const BODY = { jobId: ID, enqueueCount: 2, at: "2026-03-01T10:00:00.000Z" };

test("a timer at its time or late ends its task; an early one is tried again", async () => {
  for (const [outcome, status] of [
    ["applied", 204],
    ["over", 204],
    ["early", 503],
  ] as const) {
    const inputs: unknown[] = [];
    const route = endBackOffRoute.performing(async (input) => {
      inputs.push(input);
      return outcome;
    });
    const answer = await callerOf(route, {})("POST", "/back-off-ended", { body: BODY, token: null });
    assert.equal(answer.status, status);
    assert.deepEqual(inputs, [{ ...BODY, at: new Date(BODY.at) }]);
  }
});

test("a task of another form is 400, and no job is looked at", async () => {
  const ask = callerOf(endBackOffRoute.performing(unreached), {});
  for (const changes of [{ jobId: "x" }, { enqueueCount: -1 }, { at: "soon" }])
    assert.equal((await ask("POST", "/back-off-ended", { body: { ...BODY, ...changes } })).status, 400);
});
