import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { foldedName, MAX_NAME_LENGTH, problemOfName, shownName } from "./fileName.ts";

/** One of several hostile or merely unusual names; escapes where the character can't be seen. */
const names: readonly (readonly [name: string, rule: string | undefined])[] = [
  ["scene_1_shape0.pngfeat0.png", undefined],
  ["할머니의 부엌.glb", undefined],
  [" a  b .glb", undefined],
  ["100%.glb", undefined],
  ["a%2Fb.glb", undefined],
  ["what?.glb", undefined],
  ["#1.glb", undefined],
  ["a&b=c;d+e,f'g\"h[1]*.glb", undefined],
  ["__proto__.glb", undefined],
  ["\u{1f469}\u200d\u{1f467}.glb", undefined],
  ["\u0646\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645.glb", undefined],
  ["\u2764\ufe0f\u200d\u{1f525}.glb", undefined],
  ["x".repeat(MAX_NAME_LENGTH), undefined],
  ["\u{1f469}".repeat(MAX_NAME_LENGTH), undefined],
  ["x".repeat(MAX_NAME_LENGTH + 1), "too_long"],
  ["", "empty"],
  [".", "path"],
  ["..", "path"],
  ["../scene.glb", "path"],
  ["/etc/passwd.glb", "path"],
  ["..\\scene.glb", "path"],
  ["a/b.glb", "path"],
  ["a\0.glb", "unexpected_character"],
  ["a\nb.glb", "unexpected_character"],
  ["a\r.glb", "unexpected_character"],
  ["a\tb.glb", "unexpected_character"],
  ["a\x7f.glb", "unexpected_character"],
  ["a\x85.glb", "unexpected_character"],
  ["a\u2028.glb", "unexpected_character"],
  ["photo\u202egnp.glb", "unexpected_character"],
  ["\u2066a\u2069.glb", "unexpected_character"],
  ["a\u200e.glb", "unexpected_character"],
  ["a\u061c.glb", "unexpected_character"],
  ["a\u200b.glb", "unexpected_character"],
  ["\ufeffa.glb", "unexpected_character"],
  ["\u200d.glb", "unexpected_character"],
  ["\ufe0fa.glb", "unexpected_character"],
  ["a\ufe0e.glb", "unexpected_character"],
  ["\u3164.glb", "unexpected_character"],
  ["a\u115f.glb", "unexpected_character"],
  ["a\u1160.glb", "unexpected_character"],
  ["a\uffa0.glb", "unexpected_character"],
  ["a\u034f.glb", "unexpected_character"],
  ["a\u17b4.glb", "unexpected_character"],
  ["a\u180b.glb", "unexpected_character"],
  ["a\u{e0100}.glb", "unexpected_character"],
  ["a\u{e0041}.glb", "unexpected_character"],
  ["a\uffff.glb", "unexpected_character"],
  ["a\ud800.glb", "unexpected_character"],
  ["u\u0308.glb", "not_nfc"],
  ["\u1112\u1161\u11ab.glb", "not_nfc"],
  ["\u212b.glb", "not_nfc"],
];

test("unusual names are accepted; names that mislead or lead elsewhere are refused", () => {
  for (const [name, rule] of names) assert.equal(problemOfName(name)?.rule, rule, JSON.stringify(name));
});

test("an accepted name makes an object name that Cloud Storage takes and URLs carry", () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.constantFrom(...names.map(([name]) => name)), fc.string({ unit: "binary" })),
      (name) => {
        if (problemOfName(name)) return;
        assert.notEqual(name.replace(/\p{Default_Ignorable_Code_Point}/gu, ""), "");
        const object = `spaces/${"s".repeat(40)}/jobs/${"j".repeat(40)}/999999999/${name}`;
        assert.ok(Buffer.byteLength(object) <= 1024);
        assert.ok(!/[\r\n]/.test(object));
        assert.equal(decodeURIComponent(encodeURIComponent(name)), name);
      },
    ),
  );
});

test("names that differ only in case, or in what most fonts don't show, are one name", () => {
  for (const [a, b] of [
    ["Scene.GLB", "scene.glb"],
    ["STRASSE.png", "straße.png"],
    ["STRAẞE.png", "straße.png"],
    ["STRAẞE.png", "strasse.png"],
    ["ΟΔΟΣ.png", "οδος.png"],
    ["οδος.png", "οδοσ.png"],
    ["Ǆ.png", "ǆ.png"],
    ["ÉTÉ.png", "été.png"],
    ["a\u200d.png", "A.png"],
    ["a\u200c\u200db.png", "ab.png"],
    ["\u2764\ufe0f.png", "\u2764.png"],
  ] as const) {
    assert.equal(foldedName(a), foldedName(b), `${a} ${b}`);
  }
  assert.notEqual(foldedName("ete.png"), foldedName("été.png"));
});

test("a shown name has nothing that can't be seen, and an end", () => {
  assert.equal(shownName("a\u202eb\n\ud800.glb"), "a\\u{202e}b\\u{a}\\u{d800}.glb");
  assert.equal([...shownName("x".repeat(5_000))].length, MAX_NAME_LENGTH + 1);
});
