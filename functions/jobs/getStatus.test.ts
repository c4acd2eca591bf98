import assert from "node:assert/strict";
import { test } from "node:test";
import { callerOf } from "#shared/platform/http/testing/caller.ts";
import { getStatusRoute } from "./getStatus.ts";

test("the status is there for anyone, and for a few seconds in any cache", async () => {
  const status = {
    engines: { idle: 1, busy: 2, silent: 0 },
    kinds: { scene: { waiting: 3, running: 2, paused: 1 } },
    at: "2026-03-01T10:00:00.000Z",
  };
  const ask = callerOf(getStatusRoute, { status: async () => status });
  const answer = await ask("GET", "/v1/status", { token: null });
  assert.deepEqual([answer.status, answer.json], [200, status]);
  assert.equal(answer.headers.get("cache-control"), "public, max-age=3");
});
