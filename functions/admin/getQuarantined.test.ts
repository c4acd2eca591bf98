import assert from "node:assert/strict";
import { test } from "node:test";
import { errors } from "#shared/platform/errors.ts";
import { callerOf, unreached } from "#shared/platform/http/testing/caller.ts";
import { getQuarantinedRoute } from "./getQuarantined.ts";
import { QUARANTINED, token } from "./testing/entries.ts";

test("an entry is answered with its document, also under an id that isn't ours", async () => {
  const inputs: unknown[] = [];
  const entry = { ...QUARANTINED, payload: '{"title":7}' };
  const route = getQuarantinedRoute.performing(async (input) => {
    inputs.push(input);
    return entry;
  });
  const { status, json } = await callerOf(route, {})("GET", "/v1/admin/quarantine/Not-Ours_1", { token });
  assert.deepEqual([status, json, inputs], [200, entry, [{ id: "Not-Ours_1" }]]);
});

test("no entry is 404; so is what can't be a document's id, and then nothing is read", async () => {
  const missing = getQuarantinedRoute.performing(async () => {
    throw errors.notFound();
  });
  assert.equal((await callerOf(missing, {})("GET", "/v1/admin/quarantine/x", { token })).status, 404);
  const ask = callerOf(getQuarantinedRoute.performing(unreached), {});
  for (const id of ["__x__", "a%2Fb", "x".repeat(2_000)])
    assert.equal((await ask("GET", `/v1/admin/quarantine/${id}`, { token })).status, 404);
});
