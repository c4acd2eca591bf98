import assert from "node:assert/strict";
import { test } from "node:test";
import { callerOf, unreached } from "#shared/platform/http/testing/caller.ts";
import { createSampleUploadRoute } from "./createSampleUpload.ts";
import { token } from "./testing/entries.ts";

const BODY = { contentType: "video/mp4", size: 5 };

test("the signed requests are answered, in the administrator's name", async () => {
  const inputs: unknown[] = [];
  const created = {
    id: "upload",
    method: "PUT" as const,
    url: "https://storage.example/x",
    headers: {},
    expiresAt: "2026-03-01T10:15:00.000Z",
    resumable: { url: "https://storage.example/y", headers: {} },
  };
  const route = createSampleUploadRoute.performing(async (input) => {
    inputs.push(input);
    return created;
  });
  const { status, json } = await callerOf(route, {})("POST", "/v1/admin/uploads", { body: BODY, token });
  assert.deepEqual([status, json], [201, created]);
  assert.deepEqual(inputs, [{ administrator: "service-account", body: BODY }]);
});

test("a body that can't be an upload is 400, and nothing is signed", async () => {
  const ask = callerOf(createSampleUploadRoute.performing(unreached), {});
  assert.equal((await ask("POST", "/v1/admin/uploads", { body: { ...BODY, size: 0 }, token })).status, 400);
});
