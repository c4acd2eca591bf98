import assert from "node:assert/strict";
import { test } from "node:test";
import { foldCase } from "./foldCase.ts";

test("text that differs only in case is the same, and folding again changes nothing", () => {
  for (const texts of [
    ["STRAẞE", "STRASSE", "Straße", "straße"],
    ["ΟΔΟΣ", "οδος", "οδοσ", "Οδος"],
    ["Ǆ", "ǅ", "ǆ"],
    ["Łódź", "ŁÓDŹ"],
  ]) {
    assert.equal(new Set(texts.map(foldCase)).size, 1, texts.join());
  }
  assert.notEqual(foldCase("é"), foldCase("e"));
});

test("each character of Unicode folds as its upper and its lower case do", () => {
  const differing: string[] = [];
  for (let point = 0; point < 0x20000; point++) {
    const character = String.fromCodePoint(point);
    const folded = foldCase(character);
    const cases = [character.toUpperCase(), character.toLowerCase(), folded].map(foldCase);
    if (cases.some((one) => one.normalize("NFC") !== folded.normalize("NFC"))) differing.push(character);
  }
  assert.deepEqual(differing, []);
});
