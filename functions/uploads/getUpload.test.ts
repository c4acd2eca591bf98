import assert from "node:assert/strict";
import { test } from "node:test";
import { errors } from "#shared/platform/errors.ts";
import { callerOf, PERSON, unreached } from "#shared/platform/http/testing/caller.ts";
import { getUploadRoute } from "./getUpload.ts";

const ID = "0123456789abcdefghjkmnpqrs";

test("the state of one's upload is answered, asked for by the caller's own id", async () => {
  const state = {
    state: "rejected" as const,
    reason: { code: "type", message: "no video" },
    expiresAt: "2026-03-08T10:00:00.000Z",
    urlExpiresAt: "2026-03-01T10:15:00.000Z",
  };
  const inputs: unknown[] = [];
  const route = getUploadRoute.performing(async (input) => {
    inputs.push(input);
    return state;
  });
  const { status, json } = await callerOf(route, {})("GET", `/v1/uploads/${ID}`);
  assert.deepEqual([status, json, inputs], [200, state, [{ userId: PERSON, language: "en", id: ID }]]);
});

test("another space's is 404; so is what can't be an id, and then nothing is read", async () => {
  const missing = getUploadRoute.performing(async () => {
    throw errors.notFound();
  });
  assert.equal((await callerOf(missing, {})("GET", `/v1/uploads/${ID}`)).json.code, "not_found");
  const ask = callerOf(getUploadRoute.performing(unreached), {});
  assert.equal((await ask("GET", "/v1/uploads/no-id")).json.code, "not_found");
});
