import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { kinds } from "../kinds/index.ts";
import type { FileRole } from "../kinds/kind.ts";
import {
  problemOfJson,
  problemsOfData,
  problemsOfFiles,
  type ResultFile,
  rolesOf,
} from "../kinds/resultRules.ts";
import { scene } from "../kinds/scene.ts";
import { readResult } from "../results/readResult.ts";
import { jobWith, NOW } from "./testing/jobFixture.ts";
import { transition } from "./transition.ts";

const JOB_ID = "j".repeat(26);
const SPACE = "s".repeat(26);

const text = fc.oneof(fc.string(), fc.constantFrom("a\0b", "\ud800", "\u2028", ""));
const name = fc.oneof(fc.string(), fc.constantFrom("", "__name__", "__proto__", "a.b", "\udfff"));
// JSON.parse makes Infinity of 1e400.
const number = fc.oneof(fc.double(), fc.constantFrom(JSON.parse("1e400"), JSON.parse("-1e400"), -0, 2 ** 60));
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: "large" },
    fc.oneof(text, number, fc.boolean(), fc.constant(null)),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(name, tie("value"), { maxKeys: 4, noNullPrototype: true }),
  ),
}));
const data = fc.option(fc.dictionary(name, value, { maxKeys: 4, noNullPrototype: true }), { freq: 10 });
const binary = fc.string({ unit: "binary", maxLength: 8 });
const usualType = fc.constantFrom("model/gltf-binary", "image/jpeg", "application/octet-stream", "text/html");
const parameters = fc.oneof(
  binary,
  fc.constantFrom(" charset=x", "\0", "\r\nX-A: 1", "\ud800", "\x7f", "é", "x".repeat(100)),
);
const file: fc.Arbitrary<ResultFile> = fc.record({
  name: fc.oneof(
    fc.constantFrom("scene.glb", "poster.jpg", "other.bin", "Other.BIN", "toString", "한.ply", "a/b.glb"),
    binary.map((start) => `${start}.bin`),
  ),
  role: fc.constantFrom(undefined, undefined, undefined, "model", "companion", "poster"),
  contentType: fc.oneof(
    { arbitrary: usualType, weight: 2 },
    fc.tuple(usualType, parameters).map(([type, rest]) => `${type};${rest}`),
  ),
  size: fc.constantFrom(1, 16 * 1024 * 1024, 2 ** 40),
});
const glb = { name: "scene.glb", contentType: "model/gltf-binary", size: 4 };
const files = fc.oneof(
  fc.constantFrom([glb]),
  fc.array(file, { maxLength: 3 }),
  file.map((one) => [glb, { ...one, role: undefined, size: 1 }]),
);

test("what complete accepts, sync reads and Postgres and headers take", () => {
  let accepted = 0;
  const property = fc.property(data, files, (data, files) => {
    const { roles, problems } = rolesOf(scene, files);
    const inRoles = files.map((file, index) => ({ ...file, role: roles[index] }));
    const all = [...problems, ...problemsOfData(scene, data), ...problemsOfFiles(scene, inRoles)];
    if (all.length > 0) return;
    accepted += 1;
    const stored = inRoles.flatMap(({ role, ...file }) => (role ? [{ ...file, role }] : []));
    assert.equal(stored.length, files.length);
    const reading = readResult(JOB_ID, completed(data, stored), kinds);
    assert.ok(reading.ok, JSON.stringify(reading));
    assert.deepEqual(reading.result.data, data);
    assert.equal(problemOfJson(reading.result.files, "files"), undefined);
    for (const { contentType } of reading.result.files) assert.match(contentType, /^[\x20-\x7e]{1,100}$/);
  });
  fc.assert(property, { numRuns: 2_000 });
  assert.ok(accepted > 200, `${accepted} were accepted`);
});

/** The result document of a job that completes with these. */
function completed(
  data: Record<string, unknown> | null,
  files: readonly (ResultFile & { readonly role: FileRole })[],
): unknown {
  const job = jobWith({ state: "running", spaceId: SPACE });
  const stored = files.map((file) => ({
    ...file,
    object: `spaces/${SPACE}/jobs/${JOB_ID}/1/${file.name}`,
    crc32c: "AAAAAA==",
    generation: "1",
  }));
  const complete = { type: "complete", hash: "mine", files: stored, data, spaceErased: false } as const;
  const outcome = transition(job, complete, NOW, { ...scene, retentionDays: 90 });
  return outcome.verdict === "changed" ? { jobId: JOB_ID, ...outcome.result } : assert.fail(outcome.verdict);
}
