import assert from "node:assert/strict";
import { test } from "node:test";
import { callerOf } from "#shared/platform/http/testing/caller.ts";
import { listPausedEnginesRoute } from "./listPausedEngines.ts";
import { PAUSED_ENGINE, token } from "./testing/entries.ts";

test("paused engines are answered with their accounts and how their work ended", async () => {
  const route = listPausedEnginesRoute.performing(async () => ({ items: [PAUSED_ENGINE] }));
  const { status, json } = await callerOf(route, {})("GET", "/v1/admin/paused-engines", { token });
  assert.deepEqual([status, json], [200, { items: [PAUSED_ENGINE] }]);
});
