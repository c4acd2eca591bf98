import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { isJsonText } from "./jsonSyntax.ts";

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function agrees(text: string): void {
  assert.equal(isJsonText(Buffer.from(text)), parses(text), text);
}

test("what JSON.parse reads is JSON, indented or not", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom(0, 1, "\t"), (value, indent) => {
      assert.ok(isJsonText(Buffer.from(JSON.stringify(value, null, indent))));
    }),
  );
});

test("changed JSON is still JSON only if JSON.parse says so", () => {
  const pieces = fc.constantFrom(
    ...'{}[],:"\\0123.-+eEtrufalsn \n\u0001',
    "",
    "NaN",
    "1e5",
    "-0",
    "01",
    "\\u00g0",
  );
  const cases = fc.tuple(fc.jsonValue({ maxDepth: 3 }), fc.nat(), fc.nat({ max: 2 }), pieces);
  fc.assert(
    fc.property(cases, ([value, place, removed, piece]) => {
      const text = JSON.stringify(value);
      const at = place % (text.length + 1);
      const changed = text.slice(0, at) + piece + text.slice(at + removed);
      // A lone half of a surrogate pair is another character as UTF-8.
      fc.pre(changed.isWellFormed());
      agrees(changed);
    }),
    { numRuns: 2000 },
  );
});

test("unusual and broken texts are judged as JSON.parse judges them", () => {
  for (const text of [
    "",
    " ",
    "[",
    "]",
    "[1,]",
    "[,1]",
    '{"a"}',
    '{"a":}',
    '{"a":1,}',
    "{a:1}",
    "[1 2]",
    "[]]",
  ])
    agrees(text);
  for (const text of [
    "-",
    "1.",
    ".5",
    "1e",
    "1e+",
    "-01",
    "00",
    "0.0e-0",
    "tru",
    "nulll",
    '"\\x"',
    '"a',
    '"\\u12"',
  ])
    agrees(text);
  for (const text of ["[NaN]", "[Infinity]", "[-Infinity]", "[1]x", "{}{}", "\ufeff{}", "[\u00a0]", "'a'"])
    agrees(text);
});
