import assert from "node:assert/strict";
import { test } from "node:test";
import { en } from "./en.ts";
import { ko } from "./ko.ts";

/** Every text with the path of its keys; sentences with values in them are called with numbers. */
function textsOf(texts: unknown, path: string): [string, string][] {
  if (typeof texts === "string") return [[path, texts]];
  if (typeof texts === "function") return [[path, String(texts("2", "3"))]];
  return Object.entries(texts ?? {}).flatMap(([key, value]) => textsOf(value, `${path}.${key}`));
}

test("both languages have the same texts, none of them empty", () => {
  const keys = (texts: unknown) => textsOf(texts, "").map(([path]) => path);
  assert.deepEqual(keys(ko), keys(en));
  assert.ok(keys(en).length > 100);
  for (const [path, text] of [...textsOf(en, "en"), ...textsOf(ko, "ko")])
    assert.notEqual(text.trim(), "", path);
});

test("Korean texts are Korean, and sentences keep the values that they are given", () => {
  for (const [path, text] of textsOf(ko, "")) assert.match(text, /[가-힣]/, path);
  const korean = new Map(textsOf(ko, ""));
  for (const [path, text] of textsOf(en, "")) {
    const values = text.match(/\b[23]\b/g) ?? [];
    for (const value of values) assert.ok(korean.get(path)?.includes(value), path);
  }
});
