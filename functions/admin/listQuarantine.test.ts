import assert from "node:assert/strict";
import { test } from "node:test";
import { callerOf, unreached } from "#shared/platform/http/testing/caller.ts";
import { listQuarantineRoute } from "./listQuarantine.ts";
import { QUARANTINED, token } from "./testing/entries.ts";

test("a page of the quarantine is answered to an administrator", async () => {
  const inputs: unknown[] = [];
  const found = { items: [QUARANTINED], nextCursor: null };
  const route = listQuarantineRoute.performing(async (input) => {
    inputs.push(input);
    return found;
  });
  const { status, json } = await callerOf(route, {})("GET", "/v1/admin/quarantine?limit=5", { token });
  assert.deepEqual([status, json, inputs], [200, found, [{ limit: 5 }]]);
});

test("a person's token is no administrator's, and nothing is read", async () => {
  const ask = callerOf(listQuarantineRoute.performing(unreached), {});
  assert.equal((await ask("GET", "/v1/admin/quarantine", { token: "person" })).status, 401);
});
