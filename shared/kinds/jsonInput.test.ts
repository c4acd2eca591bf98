import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { z } from "zod";
import { problemOfInput } from "./inputRules.ts";
import { jsonInput, largestJson, MAX_JSON_INPUT_BYTES, readJson } from "./jsonInput.ts";

const steps = { name: "steps.v1", schema: z.strictObject({ steps: z.array(z.number()) }) };
const names = { name: "names.v1", schema: z.object({ names: z.array(z.string()) }) };
const kind = {
  inputs: {
    walk: jsonInput({ maxBytes: 1000, shape: steps }),
    people: jsonInput({ maxBytes: 2000, shape: names }),
    any: jsonInput({ maxBytes: 10 }),
  },
};
const read = (text: string | Buffer) => readJson(Buffer.from(text), [kind]);

test("JSON that is one object or array is read, and the shapes that it has are named", () => {
  assert.deepEqual(read('{"steps": [1, 2.5]}'), { outcome: "read", shapes: ["steps.v1"] });
  assert.deepEqual(read(' [{"a": "}]\\"["}]\n'), { outcome: "read", shapes: [] });
  assert.deepEqual(read('{"names": [], "steps": []}'), { outcome: "read", shapes: ["names.v1"] });
});

test("what is no object or array of JSON in UTF-8 is unreadable", () => {
  for (const bytes of [
    ...["", "1", '"a"', "null", "{", "[1,]", "{a: 1}", "[NaN]", "\ufeff{}", "{}{}", "[1] x", "<html>"],
    Buffer.from('{"a": "\xff"}', "latin1"),
    Buffer.from('{"a": 1}', "utf16le"),
  ])
    assert.deepEqual(read(bytes), { outcome: "unreadable" }, String(bytes));
});

test("JSON too deep is refused; with too many values only its syntax is checked", () => {
  const parse = JSON.parse;
  JSON.parse = () => assert.fail("parsed");
  try {
    for (const text of ["[".repeat(65), `${'{"a":'.repeat(65)}1${"}".repeat(65)}`])
      assert.deepEqual(read(text), { outcome: "too_large" }, text.slice(0, 20));
    for (const many of ["0,".repeat(2_000_000), "{},".repeat(1_100_000)]) {
      assert.deepEqual(read(`[${many}0]`), { outcome: "read", shapes: [] });
      assert.deepEqual(read(`[${many}]`), { outcome: "unreadable" });
    }
    assert.deepEqual(read(`["${"a".repeat(MAX_JSON_INPUT_BYTES)}"]`), { outcome: "read", shapes: [] });
  } finally {
    JSON.parse = parse;
  }
  assert.equal(read(`${"[".repeat(64)}${"]".repeat(64)}`).outcome, "read");
  assert.equal(read(JSON.stringify([`${"[{,".repeat(2_000_000)}\\"`])).outcome, "read", "brackets in text");
});

test("any JSON is read, and any bytes get an answer", () => {
  fc.assert(
    fc.property(fc.oneof(fc.object(), fc.array(fc.jsonValue())), (value) => {
      assert.equal(read(JSON.stringify(value)).outcome, "read");
    }),
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      assert.ok(["read", "unreadable", "too_large"].includes(read(Buffer.from(bytes)).outcome));
    }),
  );
});

test("an input must be JSON of its size and shape; types are compared by essence", () => {
  const codeOf = (role: string, received: Parameters<typeof problemOfInput>[2]) =>
    problemOfInput(kind, role, received)?.code;
  const json = { contentType: "application/json", size: 5 };
  assert.equal(codeOf("walk", { ...json, shapes: ["names.v1", "steps.v1"] }), undefined);
  assert.equal(codeOf("walk", { ...json, shapes: ["names.v1"] }), "content_not_accepted");
  assert.equal(codeOf("walk", json), "content_not_accepted");
  assert.equal(codeOf("walk", { ...json, contentType: "video/mp4" }), "type_not_accepted");
  assert.equal(codeOf("any", json), undefined);
  assert.equal(codeOf("any", { ...json, size: 11 }), "too_large");
  assert.equal(codeOf("any", { ...json, contentType: "Application/JSON; charset=utf-8" }), undefined);
  const sound = { inputs: { voice: { contentTypes: ["audio/ogg; codecs=opus"], maxBytes: 9 } } };
  assert.equal(problemOfInput(sound, "voice", { contentType: "audio/ogg", size: 9 }), undefined);
});

test("the largest JSON that any kind takes bounds what is read whole", () => {
  assert.equal(largestJson([kind]), 2000);
  assert.equal(largestJson([{ inputs: { photo: { contentTypes: ["image/png"], maxBytes: 5 } } }]), 0);
  assert.throws(() => jsonInput({ maxBytes: MAX_JSON_INPUT_BYTES + 1 }), /at most/);
});
