import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import type { Kind } from "./kind.ts";
import { problemsOfData, problemsOfFiles, problemsOfMissingFiles } from "./resultRules.ts";
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

test("files must fit the kind's names, types and sizes; required ones must be there", () => {
  const glb = { name: "scene.glb", contentType: "model/gltf-binary", size: 512 * 1024 * 1024 };
  const poster = { name: "poster.jpg", contentType: "image/jpeg", size: 1 };
  assert.deepEqual(problemsOfFiles(scene, [glb, poster]), []);
  assert.deepEqual(
    rulesBroken(
      problemsOfFiles(scene, [
        glb,
        glb,
        { ...poster, size: glb.size },
        { ...poster, name: "toString" },
        { ...glb, name: "__proto__", contentType: "text/html" },
      ]),
    ),
    [
      "files.1.name named_twice",
      "files.2.size too_large",
      "files.3.name unknown_name",
      "files.4.name unknown_name",
    ],
  );
  assert.deepEqual(
    rulesBroken(problemsOfFiles(scene, [{ ...glb, contentType: "text/html", size: 2 ** 40 }])),
    ["files.0.contentType type_not_accepted", "files.0.size too_large"],
  );
  assert.deepEqual(rulesBroken(problemsOfMissingFiles(scene, ["poster.jpg"])), ["files missing"]);
  assert.deepEqual(problemsOfMissingFiles(scene, ["scene.glb"]), []);
});
