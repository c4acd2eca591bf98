import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { hasCode } from "../errors.ts";
import { readIfMatch, taggedHeaders } from "./ifMatch.ts";

test("one tag, a list and * are read; weak tags match nothing", () => {
  for (const [header, read] of [
    ['"a"', ["a"]],
    ['"a","b"', ["a", "b"]],
    [' "a" ,\t"b" , ', ["a", "b"]],
    ['"a,b"', ["a,b"]],
    ['W/"a"', []],
    ['W/"a", "b"', ["b"]],
    ['""', [""]],
    ["*", "any"],
    [" * ", "any"],
  ] as const) {
    assert.deepEqual(readIfMatch(header), read, header);
  }
  const headers = taggedHeaders("7");
  assert.deepEqual(readIfMatch(headers.etag), ["7"]);
  assert.match(headers["cache-control"], /\bno-transform\b/);
});

test("without a header it is precondition_required; what is no list is refused", () => {
  for (const header of [undefined, "", " "]) {
    assert.throws(
      () => readIfMatch(header),
      (error) => hasCode(error, "precondition_required"),
    );
  }
  for (const header of ["a", '"a', 'a"', '"a" "b"', 'w/"a"', '*, "a"', '"a"b', '"\x7f"', ","]) {
    assert.throws(
      () => readIfMatch(header),
      (error) => hasCode(error, "invalid_request"),
      header,
    );
  }
});

test("any header is read or refused, and a long one soon", () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 200 }), (header) => {
      try {
        readIfMatch(header);
      } catch (error) {
        assert.ok(hasCode(error, "invalid_request") || hasCode(error, "precondition_required"));
      }
    }),
  );
  assert.throws(() => readIfMatch(`${",".repeat(2_000)}x`));
  assert.throws(() => readIfMatch(`${'"a" , , '.repeat(250)}x`));
});
