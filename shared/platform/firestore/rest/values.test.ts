import assert from "node:assert/strict";
import { test } from "node:test";
import { FieldValue, Timestamp } from "@google-cloud/firestore";
import { decodeValue, encodeValue, timestampFromText, timestampToText } from "./values.ts";
import { mergeWrite, setWrite, updateWrite } from "./writes.ts";

const NO_REFERENCES = () => assert.fail("there is no reference");
const NAME = "projects/p/databases/(default)/documents/a/b";

test("times keep their nanoseconds both ways, before 1970 too", () => {
  for (const [text, time] of [
    ["2026-01-01T00:00:00.123456000Z", new Timestamp(1_767_225_600, 123_456_000)],
    ["0001-01-01T00:00:00.000000001Z", new Timestamp(-62_135_596_800, 1)],
    ["1970-01-01T00:00:00.000000000Z", new Timestamp(0, 0)],
  ] as const) {
    assert.equal(timestampToText(time), text);
    assert.deepEqual(timestampFromText(text), time);
  }
  assert.deepEqual(timestampFromText("2026-01-01T00:00:00Z"), new Timestamp(1_767_225_600, 0));
});

test("whole numbers are integers, and numbers that JSON doesn't have are words", () => {
  for (const [number, value] of [
    [42, { integerValue: "42" }],
    [Number.MAX_SAFE_INTEGER, { integerValue: "9007199254740991" }],
    [0.1, { doubleValue: 0.1 }],
    [1e300, { doubleValue: 1e300 }],
    [Number.NaN, { doubleValue: "NaN" }],
    [Number.NEGATIVE_INFINITY, { doubleValue: "-Infinity" }],
  ] as const) {
    assert.deepEqual(encodeValue(number), value);
    assert.deepEqual(decodeValue(value, NO_REFERENCES), number);
  }
});

test("empty parts, which JSON leaves out, are there again", () => {
  assert.deepEqual(decodeValue({ arrayValue: {} }, NO_REFERENCES), []);
  assert.deepEqual(decodeValue({ mapValue: {} }, NO_REFERENCES), {});
});

test("what Firestore can't hold is refused, with its place", () => {
  assert.throws(() => encodeValue({ a: [1, undefined] }), /a value\.a\[1\].*undefined/);
  assert.throws(() => encodeValue(new Map()), /an object of Map/);
  assert.throws(() => encodeValue([FieldValue.serverTimestamp()]), TypeError);
  assert.throws(() => setWrite(NAME, { gone: FieldValue.delete() }), /removed by an update/);
});

test("an update's mask has its paths and removals; transforms are apart", () => {
  const write = updateWrite(NAME, {
    plain: 1,
    "deep.in": 2,
    "deep.with-hyphen": 3,
    gone: FieldValue.delete(),
    count: FieldValue.increment(1),
  });
  assert.deepEqual(write, {
    update: {
      name: NAME,
      fields: {
        plain: { integerValue: "1" },
        deep: { mapValue: { fields: { in: { integerValue: "2" }, "with-hyphen": { integerValue: "3" } } } },
      },
    },
    updateMask: { fieldPaths: ["plain", "deep.in", "deep.`with-hyphen`", "gone"] },
    updateTransforms: [{ fieldPath: "count", increment: { integerValue: "1" } }],
    currentDocument: { exists: true },
  });
  assert.throws(() => updateWrite(NAME, { deep: {}, "deep.in": 1 }), /written twice/);
  assert.throws(() => updateWrite(NAME, {}), /at least one field/);
});

test("a set that merges writes what it holds down to the leaves, an empty map included", () => {
  const write = mergeWrite(NAME, { deep: { in: 1, empty: {} }, most: FieldValue.maximum(2) });
  assert.deepEqual(write.updateMask, { fieldPaths: ["deep.in", "deep.empty"] });
  assert.deepEqual(write.updateTransforms, [{ fieldPath: "most", maximum: { integerValue: "2" } }]);
});
