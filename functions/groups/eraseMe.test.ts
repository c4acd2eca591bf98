import assert from "node:assert/strict";
import { test } from "node:test";
import { callerOf, unreached } from "#shared/platform/http/testing/caller.ts";
import { eraseMeRoute } from "./eraseMe.ts";
import { CALLER } from "./testing/callers.ts";

test("an erasure that is complete is 200; one with something left is 202", async () => {
  for (const [complete, status] of [
    [true, 200],
    [false, 202],
  ] as const) {
    const inputs: unknown[] = [];
    const erasure = { requestedAt: "2026-03-01T10:00:00.000Z", complete, took: { badges: 3 } };
    const route = eraseMeRoute.performing(async (input) => {
      inputs.push(input);
      return erasure;
    });
    const answer = await callerOf(route, {})("DELETE", "/v1/me");
    assert.deepEqual([answer.status, answer.json, inputs], [status, erasure, [CALLER]]);
  }
});

test("without a token no one is erased", async () => {
  const ask = callerOf(eraseMeRoute.performing(unreached), {});
  assert.equal((await ask("DELETE", "/v1/me", { token: null })).status, 401);
});
