import assert from "node:assert/strict";
import { test } from "node:test";
import { errors } from "#shared/platform/errors.ts";
import { callerOf, PERSON, unreached } from "#shared/platform/http/testing/caller.ts";
import { renewUploadRoute } from "./renewUpload.ts";

const ID = "0123456789abcdefghjkmnpqrs";

test("new URLs are answered for the caller's upload", async () => {
  const renewed = {
    id: ID,
    method: "PUT" as const,
    url: "https://storage.example/x",
    headers: {},
    expiresAt: "2026-03-01T10:15:00.000Z",
    resumable: { url: "https://storage.example/y", headers: {} },
  };
  const inputs: unknown[] = [];
  const route = renewUploadRoute.performing(async (input) => {
    inputs.push(input);
    return renewed;
  });
  const { status, json } = await callerOf(route, {})("POST", `/v1/uploads/${ID}/renew`);
  assert.deepEqual([status, json, inputs], [200, renewed, [{ userId: PERSON, id: ID }]]);
});

test("an upload that is over is 409; what can't be an id is 404, and nothing is signed", async () => {
  const over = renewUploadRoute.performing(async () => {
    throw errors.uploadOver("the bytes have arrived");
  });
  const answer = await callerOf(over, {})("POST", `/v1/uploads/${ID}/renew`);
  assert.deepEqual([answer.status, answer.json.code], [409, "upload_over"]);
  const ask = callerOf(renewUploadRoute.performing(unreached), {});
  assert.equal((await ask("POST", "/v1/uploads/no-id/renew")).status, 404);
});
