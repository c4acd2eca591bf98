import assert from "node:assert/strict";
import { test } from "node:test";
import { fromJson, toJson } from "./json.ts";

test("times keep their nanoseconds both ways, before 1970 too", () => {
  for (const [text, time] of [
    ["2026-01-01T00:00:00.123456000Z", { seconds: 1_767_225_600, nanos: 123_456_000 }],
    ["0001-01-01T00:00:00.000000001Z", { seconds: -62_135_596_800, nanos: 1 }],
    ["1970-01-01T00:00:00.000000000Z", { seconds: 0, nanos: 0 }],
  ] as const) {
    assert.deepEqual(toJson({ updateTime: time }), { updateTime: text });
    assert.deepEqual(fromJson({ updateTime: text }), { updateTime: time });
  }
  assert.deepEqual(toJson({ timestampValue: {} }), { timestampValue: "1970-01-01T00:00:00.000000000Z" });
  assert.deepEqual(fromJson({ readTime: "2026-01-01T00:00:00Z" }), {
    readTime: { seconds: 1_767_225_600, nanos: 0 },
  });
});

test("bytes are base64, wrapped numbers are bare, what isn't set is left out", () => {
  assert.deepEqual(
    toJson({
      transaction: Buffer.from([0, 255]),
      structuredQuery: { limit: { value: 3 }, offset: undefined },
      mask: null,
    }),
    { transaction: "AP8=", structuredQuery: { limit: 3 } },
  );
  assert.deepEqual(fromJson({ transaction: "AP8=" }), { transaction: Buffer.from([0, 255]) });
});

test("a document's fields are values, by any name", () => {
  const fields = {
    limit: { mapValue: { fields: { value: { integerValue: "3" } } } },
    updateTime: { stringValue: "no time" },
    transaction: { stringValue: "AP8=" },
    nothing: { nullValue: null },
    list: { arrayValue: { values: [] } },
  };
  assert.deepEqual(toJson({ update: { fields } }), { update: { fields } });
  assert.deepEqual(fromJson({ found: { name: "a", updateTime: "2026-01-01T00:00:00Z", fields } }), {
    found: { name: "a", updateTime: { seconds: 1_767_225_600, nanos: 0 }, fields },
  });
});

test("empty parts, which JSON leaves out, are there again", () => {
  assert.deepEqual(fromJson({ arrayValue: {} }), { arrayValue: { values: [] } });
  assert.deepEqual(fromJson({ mapValue: {} }), { mapValue: { fields: {} } });
  assert.deepEqual(fromJson({ found: { name: "a", updateTime: "1970-01-01T00:00:00Z" } }), {
    found: { name: "a", updateTime: { seconds: 0, nanos: 0 }, fields: {} },
  });
});

test("numbers that JSON doesn't have are words", () => {
  assert.deepEqual(toJson({ doubleValue: Number.NaN }), { doubleValue: "NaN" });
  assert.deepEqual(toJson({ doubleValue: Number.NEGATIVE_INFINITY }), { doubleValue: "-Infinity" });
  assert.deepEqual(fromJson({ doubleValue: "-Infinity" }), { doubleValue: Number.NEGATIVE_INFINITY });
  assert.deepEqual(fromJson({ doubleValue: "NaN" }), { doubleValue: Number.NaN });
});
