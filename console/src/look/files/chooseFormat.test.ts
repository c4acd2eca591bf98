import assert from "node:assert/strict";
import { test } from "node:test";
import { chooseFormat, type ResultFile } from "./chooseFormat.ts";

const file = (name: string, role: ResultFile["role"] = "companion"): ResultFile => ({
  name,
  role,
  contentType: "application/octet-stream",
  size: 1,
});
const published = [
  file("scene_1.glb", "model"),
  file("scene_1.json"),
  file("scene_1_mlp.json"),
  ...[0, 1, 2, 3].flatMap((shape) => [
    file(`scene_1_shape${shape}.pngfeat0.png`),
    file(`scene_1_shape${shape}.pngfeat1.png`),
  ]),
];

test("the model's ending says what draws it, in any case", () => {
  const formats = ["a.glb", "A.GLB", "a.vrm", "a.fbx", "a.ply", "a.spz", "a.ksplat", "a.splat", "a.SOG"];
  assert.deepEqual(
    formats.map((name) => chooseFormat([file("poster.jpg", "poster"), file(name, "model")])?.format),
    ["gltf", "gltf", "vrm", "fbx", "splats", "splats", "splats", "splats", "splats"],
  );
  for (const files of [[], [file("a.glb")], [file("a.step", "model")]])
    assert.equal(chooseFormat(files), undefined);
});

test("a figure of FBX needs the pictures beside it, and nothing else", () => {
  const choice = chooseFormat([
    file("avatar_1.fbx", "model"),
    file("avatar_1.json"),
    file("skin.TGA"),
    file("coat.png"),
    file("poster.jpg", "poster"),
  ]);
  assert.ok(choice?.format === "fbx");
  assert.deepEqual(
    choice.pictures.map(({ name }) => name),
    ["skin.TGA", "coat.png"],
  );
});

test("a mesh with a network and features of each shape is drawn by its network", () => {
  const choice = chooseFormat(published);
  assert.ok(choice?.format === "mobilenerf");
  assert.equal(choice.network.name, "scene_1_mlp.json");
  assert.deepEqual(
    choice.features.map((pair) => pair.map(({ name }) => name)),
    [0, 1, 2, 3].map((n) => [`scene_1_shape${n}.pngfeat0.png`, `scene_1_shape${n}.pngfeat1.png`]),
  );
});

test("a set that lacks its network or a feature picture is a plain mesh", () => {
  for (const missing of ["scene_1_mlp.json", "scene_1_shape0.pngfeat1.png", "scene_1_shape2.pngfeat0.png"]) {
    const left = published.filter(({ name }) => name !== missing);
    assert.equal(chooseFormat(left)?.format, "gltf", missing);
  }
});
