import assert from "node:assert/strict";
import { test } from "node:test";
import { companionFor, urlModifier } from "./companions.ts";

const files = ["a b.png", "100%.png", "벽.png", "Skin.TGA", "skin.tga.png", "a#b?.bin"].map((name) => ({
  name,
}));
const found = (reference: string) => companionFor(reference, files)?.name;

test("a reference is found by its last part, plain, encoded or of Windows", () => {
  assert.equal(found("a b.png"), "a b.png");
  assert.equal(found("textures/a%20b.png"), "a b.png");
  assert.equal(found("100%.png"), "100%.png");
  assert.equal(found("100%25.png"), "100%.png");
  assert.equal(found("C:\\Users\\me\\SKIN.tga"), "Skin.TGA");
  assert.equal(found(encodeURIComponent("a#b?.bin")), "a#b?.bin");
});

test("Hangul is found in either normal form", () => {
  assert.equal(found("벽.png".normalize("NFD")), "벽.png");
  assert.equal(found(encodeURIComponent("벽.png".normalize("NFD"))), "벽.png");
});

test("what is not in the set is not found, and no part of a name counts", () => {
  for (const reference of ["", "b.png", "/", "skin.tga.png.exe", "%zz"])
    assert.equal(found(reference), undefined, reference);
});

test("the modifier gives addresses of the set, and leaves all others as they are", () => {
  const modify = urlModifier(new Map([["wall.png", "blob:https://here/1"]]));
  assert.equal(modify("wall.png"), "blob:https://here/1");
  assert.equal(modify("https://there/deep/wall.png"), "blob:https://here/1");
  for (const url of ["blob:https://here/wall.png", "data:image/png;base64,wall.png", "/draco.wasm"])
    assert.equal(modify(url), url);
});
