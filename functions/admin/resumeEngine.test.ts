import assert from "node:assert/strict";
import { test } from "node:test";
import { errors } from "#shared/platform/errors.ts";
import { callerOf, unreached } from "#shared/platform/http/testing/caller.ts";
import { resumeEngineRoute } from "./resumeEngine.ts";
import { ID, token } from "./testing/entries.ts";

const PATH = `/v1/admin/paused-engines/${ID}/resume`;

test("an engine is resumed for the kind that is named", async () => {
  const inputs: unknown[] = [];
  const route = resumeEngineRoute.performing(async (input) => {
    inputs.push(input);
  });
  const { status, text } = await callerOf(route, {})("POST", PATH, { body: { kind: "scene" }, token });
  assert.deepEqual([status, text, inputs], [204, "", [{ id: ID, kind: "scene" }]]);
});

test("an engine without a record is 404; a body without a kind resumes nothing", async () => {
  const missing = resumeEngineRoute.performing(async () => {
    throw errors.notFound();
  });
  const answer = await callerOf(missing, {})("POST", PATH, { body: { kind: "scene" }, token });
  assert.deepEqual([answer.status, answer.json.code], [404, "not_found"]);
  const ask = callerOf(resumeEngineRoute.performing(unreached), {});
  for (const body of [{}, { kind: 7 }, { kind: "scene", all: true }])
    assert.equal((await ask("POST", PATH, { body, token })).status, 400);
  const elsewhere = await ask("POST", "/v1/admin/paused-engines/x/resume", {
    body: { kind: "scene" },
    token,
  });
  assert.equal(elsewhere.status, 404);
});
