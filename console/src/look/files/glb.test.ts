import assert from "node:assert/strict";
import { test } from "node:test";
import { glbOf } from "../testing/glbOf.ts";
import { referencesOf, UnreadableModelError, UnsupportedModelError } from "./glb.ts";

test("files beside a GLB are named, each once; those inside it are not", () => {
  const glb = glbOf({
    images: [
      { uri: "wall%20paper.png" },
      { uri: "wall%20paper.png" },
      { bufferView: 0 },
      { uri: "data:image/png;base64,AA==" },
    ],
    buffers: [{ byteLength: 4 }, { uri: "more.bin", byteLength: 4 }],
  });
  assert.deepEqual(referencesOf(glb), ["wall%20paper.png", "more.bin"]);
  assert.deepEqual(referencesOf(glbOf({ asset: { version: "2.0" } })), []);
});

test("what is no GLB, cut or without JSON is said to be unreadable", () => {
  const whole = glbOf({ asset: { version: "2.0" } });
  for (const bytes of [new ArrayBuffer(0), new ArrayBuffer(64), whole.slice(0, 24), glbOf(null)])
    assert.throws(() => referencesOf(bytes), UnreadableModelError);
});

test("a GLB that can't do without KTX2 pictures is said to be unsupported", () => {
  const extension = "KHR_texture_basisu";
  assert.throws(() => referencesOf(glbOf({ extensionsRequired: [extension] })), UnsupportedModelError);
  assert.deepEqual(referencesOf(glbOf({ extensionsUsed: [extension] })), []);
});
