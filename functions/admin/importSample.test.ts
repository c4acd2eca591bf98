import assert from "node:assert/strict";
import { test } from "node:test";
import { callerOf, unreached } from "#shared/platform/http/testing/caller.ts";
import { importSampleRoute } from "./importSample.ts";
import { token } from "./testing/entries.ts";

const FILE = { name: "garden.glb", contentType: "model/gltf-binary", size: 4, crc32c: "AAAAAA==" };
const BODY = { name: "garden", kind: "scene", title: "A garden", files: [FILE] };

test("a sample is imported in the administrator's name; data may be left out", async () => {
  const inputs: unknown[] = [];
  const route = importSampleRoute.performing(async (input) => {
    inputs.push(input);
    return { id: "resource" };
  });
  const { status, json } = await callerOf(route, {})("POST", "/v1/admin/samples/imports", {
    body: BODY,
    token,
  });
  assert.deepEqual([status, json], [200, { id: "resource" }]);
  const body = { ...BODY, params: {}, data: null };
  assert.deepEqual(inputs, [{ administrator: "service-account", body }]);
});

test("a body that can't be is 400", async () => {
  const ask = callerOf(importSampleRoute.performing(unreached), {});
  for (const bad of [
    { name: "../a" },
    { name: "A" },
    { files: [] },
    { files: [{ ...FILE, role: "x" }] },
    { no: 1 },
  ]) {
    const { status } = await ask("POST", "/v1/admin/samples/imports", { body: { ...BODY, ...bad }, token });
    assert.equal(status, 400, JSON.stringify(bad));
  }
});
