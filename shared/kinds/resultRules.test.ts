import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { avatar } from "./avatar.ts";
import type { FileRole, Kind } from "./kind.ts";
import { problemsOfData, problemsOfFiles, type ResultFile, rolesOf } from "./resultRules.ts";
import { scene } from "./scene.ts";

const free: Pick<Kind, "result"> = { result: z.record(z.string(), z.unknown()) };
const rulesBroken = (problems: readonly { readonly path: string; readonly rule: string }[]) =>
  problems.map(({ path, rule }) => `${path} ${rule}`);

test("data is refused at the first place that a store could not hold", () => {
  const cases: readonly (readonly [data: Record<string, unknown>, broken: string])[] = [
    [{ n: Number.POSITIVE_INFINITY }, "data.n not_finite"],
    [{ n: [1, Number.NaN] }, "data.n.1 not_finite"],
    [JSON.parse('{"n": 1e400}'), "data.n not_finite"],
    [{ text: "a\0b" }, "data.text unexpected_character"],
    [{ text: "\ud800" }, "data.text unexpected_character"],
    [{ bounds: [[0]] }, "data.bounds array_in_array"],
    [{ "": 1 }, "data field_name"],
    [{ __name__: 1 }, "data field_name"],
    [{ "__a\nb__": 1 }, "data field_name"],
    [{ ["n".repeat(1_501)]: 1 }, "data field_name"],
    [{ inner: { "a\0": 1 } }, "data.inner field_name"],
    [{ at: new Date(0) }, "data.at not_json"],
    [{ nothing: undefined }, "data.nothing not_json"],
    [{ large: "x".repeat(64 * 1024) }, "data too_large"],
  ];
  for (const [data, broken] of cases) assert.deepEqual(rulesBroken(problemsOfData(free, data)), [broken]);
});

test("data that nests as deep as a document may is accepted; one level more isn't", () => {
  const nested = (levels: number): Record<string, unknown> =>
    levels === 0 ? {} : { in: nested(levels - 1) };
  assert.deepEqual(problemsOfData(free, nested(18)), []);
  assert.match(rulesBroken(problemsOfData(free, nested(19))).join(), /too_deep$/);
  assert.match(rulesBroken(problemsOfData(free, nested(5_000))).join(), /too_deep$/);
});

test("data of 64 KB and no data are accepted; another shape is refused by its place", () => {
  assert.deepEqual(problemsOfData(free, { text: "x".repeat(64 * 1024 - 11) }), []);
  assert.deepEqual(problemsOfData(free, null), []);
  const strict = { result: z.strictObject({ pitch: z.number() }) };
  assert.deepEqual(problemsOfData(strict, { pitch: 1 }), []);
  assert.deepEqual(rulesBroken(problemsOfData(strict, { pitch: "high" })), ["data.pitch invalid_type"]);
});

const GLB = { name: "scene.glb", contentType: "model/gltf-binary", size: 4 };
const PNG = { name: "a.png", contentType: "image/png", size: 4 };
const JPEG = { name: "poster.jpg", contentType: "image/jpeg", size: 4 };

/** A set as an engine made for this sort of work names it: a mesh, its scene, its network and eight pictures of features. */
const MESH_AND_NETWORK = [
  { ...GLB, name: "scene_1.glb" },
  { name: "scene_1.json", contentType: "application/json", size: 4 },
  { name: "scene_1_mlp.json", contentType: "application/json", size: 4 },
  ...[0, 1, 2, 3].flatMap((shape) =>
    [0, 1].map((half) => ({ ...PNG, name: `scene_1_shape${shape}.pngfeat${half}.png` })),
  ),
];
const FIGURE = [
  { name: "avatar_1.fbx", contentType: "application/octet-stream", size: 4 },
  { name: "avatar_1.json", contentType: "application/json", size: 4 },
];

test("sets as real engines make them are accepted, and each file's role is found", () => {
  const sets: readonly (readonly [Kind, readonly ResultFile[]])[] = [
    [scene, MESH_AND_NETWORK],
    [avatar, FIGURE],
    [scene, [{ name: "garden.ply", contentType: "application/octet-stream", size: 4 }, JPEG]],
    [scene, [{ name: "Küche 2.SOG", contentType: "application/zip", size: 4 }]],
    [avatar, [{ ...GLB, name: "할머니.vrm" }]],
  ];
  for (const [kind, files] of sets) {
    assert.deepEqual(problemsOfFiles(kind, files), []);
    const { roles, problems } = rolesOf(kind, files);
    assert.deepEqual(problems, []);
    const rest = files.slice(1).map(({ name }) => (name === "poster.jpg" ? "poster" : "companion"));
    assert.deepEqual(roles, ["model", ...rest]);
  }
});

test("each file that doesn't fit is refused by its place, and the message names it", () => {
  for (const [file, broken] of [
    [{ ...GLB, name: "scene.obj" }, "name unknown_name"],
    [{ ...GLB, name: "toString" }, "name unknown_name"],
    [{ ...GLB, name: ".glb" }, "name unknown_name"],
    [{ ...GLB, name: "figure.fbx" }, "name unknown_name"],
    [{ ...GLB, name: "../scene.glb" }, "name path"],
    [{ ...GLB, contentType: "text/html" }, "contentType type_not_accepted"],
    [{ ...PNG, contentType: "image/jpeg" }, "contentType type_not_accepted"],
    [{ ...PNG, size: 512 * 1024 * 1024 + 1 }, "size too_large"],
    [{ ...GLB, size: 2 * 1024 ** 3 + 1 }, "size too_large"],
    [{ ...GLB, size: 2 * 1024 ** 3, role: "companion" as const }, "size too_large"],
    [{ ...JPEG, size: 16 * 1024 * 1024 + 1 }, "size too_large"],
    [{ ...PNG, name: "SCENE_1.GLB" }, "name named_twice,files.1.contentType type_not_accepted"],
  ] as const) {
    const problems = problemsOfFiles(scene, [{ ...GLB, name: "scene_1.glb" }, file]);
    assert.deepEqual(rulesBroken(problems).join(), `files.1.${broken}`);
    for (const { message } of problems) assert.ok(message.startsWith(`${file.name}: `), message);
  }
});

test("a role may be left out where only one is possible; else the files are named", () => {
  type Named = readonly [name: string, role?: FileRole];
  const read = (...files: readonly Named[]) => {
    const { roles, problems } = rolesOf(
      scene,
      files.map(([name, role]) => ({ name, role })),
    );
    return problems.length > 0 ? problems.map(({ rule, message }) => `${rule}: ${message}`).join() : roles;
  };
  assert.deepEqual(read(["a.glb", "model"], ["b.ply"]), ["model", "companion"]);
  assert.deepEqual(read(["a.glb"], ["b.ply", "model"]), ["companion", "model"]);
  assert.deepEqual(read(["a.glb"], ["b.ply", "companion"]), ["model", "companion"]);
  assert.deepEqual(read(["a.glb"], ["poster.jpg", "companion"]), ["model", "companion"]);
  for (const [files, refusal] of [
    [[["a.glb"], ["b.ply"], ["c.png"]], /^role_unclear: .*a\.glb, b\.ply$/],
    [
      [
        ["a.glb", "model"],
        ["b.ply", "model"],
      ],
      /^too_many: .*a\.glb, b\.ply$/,
    ],
    [[["a.glb", "companion"]], /^missing: the model .*\.glb/],
    [[["poster.jpg"]], /^missing: the model/],
    [[], /^missing: the model/],
    [[["a.glb"], ["b.png", "model"]], /^role_not_possible: b\.png/],
    [[["a.glb"], ["b.jpg", "poster"]], /^role_not_possible: b\.jpg/],
    [[["a.json", "model"], ["b.json"]], /^role_not_possible: a\.json: can't be the model[^,]*$/],
    [[["a.glb"], ...Array.from({ length: 65 }, (_, n): Named => [`${n}.png`])], /^too_many: .* 64\.png$/],
  ] as const) {
    assert.match(String(read(...files)), refusal);
  }
});
