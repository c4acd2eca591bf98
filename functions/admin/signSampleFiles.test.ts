import assert from "node:assert/strict";
import { test } from "node:test";
import { kinds } from "#shared/kinds/index.ts";
import { callerOf } from "#shared/platform/http/testing/caller.ts";
import { idsOfSample } from "./sample.ts";
import { signSampleFilesRoute } from "./signSampleFiles.ts";
import { token } from "./testing/entries.ts";

const BODY = {
  name: "garden",
  kind: "scene",
  files: [{ name: "garden.glb", contentType: "model/gltf-binary", size: 4 }],
};
const samples = {
  kinds,
  clock: () => new Date(0),
  resources: {
    signCreate: async (object: string) => ({
      method: "PUT" as const,
      url: `https://s.example/${object}`,
      headers: {},
    }),
  },
};
const ask = callerOf(signSampleFilesRoute, { samples });

test("each file is signed in the sample's own folder", async () => {
  const { status, json } = await ask("POST", "/v1/admin/samples/files", { body: BODY, token });
  const { jobId, resourceId } = idsOfSample("garden");
  const url = `https://s.example/spaces/samples/jobs/${jobId}/1/garden.glb`;
  assert.deepEqual(
    [status, json],
    [200, { id: resourceId, files: [{ name: "garden.glb", method: "PUT", url, headers: {} }] }],
  );
});

test("files and kinds that can't be are refused, by their names", async () => {
  const files = [{ name: "garden.exe", contentType: "model/gltf-binary", size: 4 }];
  const bad = await ask("POST", "/v1/admin/samples/files", { body: { ...BODY, files }, token });
  assert.deepEqual([bad.status, bad.json.errors[0].path], [400, "files.0.name"]);
  const unknown = await ask("POST", "/v1/admin/samples/files", { body: { ...BODY, kind: "x" }, token });
  assert.equal(unknown.json.code, "unknown_kind");
});
