import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { beginningWith, searchedWordsOf, wordsOf } from "./titleWords.ts";

/** Whether a title is found by a search: each of the search's words is the beginning of one of the title's. */
function finds(search: string, title: string): boolean {
  const ranges = searchedWordsOf(search).map(beginningWith);
  const words = wordsOf(title).map((word) => Buffer.from(word));
  return ranges.every(({ low, high }) =>
    words.some((word) => word.compare(Buffer.from(low)) >= 0 && word.compare(Buffer.from(high)) < 0),
  );
}

test("a title is found by the beginnings of its words, in any case and without accents", () => {
  for (const [search, title] of [
    ["kitch", "Grandmother's Kitchen"],
    ["KITCH grand", "Grandmother's Kitchen"],
    ["cafe", "Das Café am Meer"],
    ["CAFÉ", "das cafe"],
    ["strasse", "Straße 7"],
    ["7", "Straße 7"],
    ["İzmir", "izmir"],
    ["οδος", "ΟΔΌΣ"],
    ["할머", "우리 할머니의 부엌"],
    ["부", "우리 할머니의 부엌"],
    ["할머니 부엌", "우리 할머니의 부엌"],
    ["부어", "부엌"],
    ["ㅂ", "부엌"],
    ["할머니".normalize("NFD"), "할머니".normalize("NFC")],
    ["が", "がっこう"],
    ["ﬁne", "fine"],
    ["STRAẞE", "Straße 7"],
    ["straße", "STRAẞE"],
    ["οδοσ", "ΟΔΌΣ"],
    ["ΟΔΟΣ", "Οδοσήμανση"],
    ["lodz", "Łódź"],
    ["Łó", "lodz"],
    ["smorre", "Smørrebrød"],
    ["🌻", "🌻 garden"],
    ["weihnachten", "🎄Weihnachten"],
    ["🎄", "Weihnachten🎄"],
    ["❤", "Oma❤️Opa"],
    ["opa", "Oma❤️Opa"],
    ["👩‍👧", "👩🏽‍👧 am Meer"],
    ["🇰🇷", "Reise🇰🇷"],
    ["opa", "Oma+Opa"],
    ["5", "€5"],
  ] as const) {
    assert.ok(finds(search, title), `${search} in ${title}`);
  }
});

test("a title is not found by the inside of a word, another word or another letter", () => {
  for (const [search, title] of [
    ["itchen", "Kitchen"],
    ["kitchens", "Kitchen"],
    ["kitchen garden", "Kitchen"],
    ["머니", "할머니"],
    ["할미", "할머니"],
    ["が", "かっこう"],
    ["कु", "किताब"],
    ["🎄", "Weihnachten"],
    ["🇰🇷", "Reise 🇰🇬"],
  ] as const) {
    assert.ok(!finds(search, title), `${search} in ${title}`);
  }
});

test("each of a title's many words is found; a search looks for its first twenty", () => {
  const words = Array.from({ length: 60 }, (_, n) => `w${n}`);
  const title = words.join(" ");
  for (const word of words) assert.ok(finds(word, title), word);
  assert.ok(finds(title, words.slice(0, 20).join(" ")));
  assert.equal(wordsOf("\ufdfa".repeat(200)).length <= 100, true);
  assert.equal(wordsOf(Array.from({ length: 200 }, (_, n) => `w${n}`).join(" ")).length, 100);
});

test("a word of any length is cut to what an index takes, in a search too", () => {
  const long = "\ufdfa".repeat(200);
  assert.ok(wordsOf(long).every((word) => Buffer.byteLength(word) <= 400));
  assert.ok(finds(long, long));
});

test("any text has words that any store takes, and finds itself in any form", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 60 }), (text) => {
      const words = wordsOf(text);
      for (const word of words)
        assert.ok(
          Buffer.byteLength(word) <= 400 && word !== "" && word.isWellFormed() && !/\p{C}/u.test(word),
        );
      assert.deepEqual(wordsOf(text.normalize("NFD")), words);
      assert.deepEqual(wordsOf(words.join(" ")), words);
      assert.ok(finds(text, text));
    }),
  );
});
