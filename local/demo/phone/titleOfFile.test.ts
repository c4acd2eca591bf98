import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { titleSchema } from "#shared/platform/http/title.ts";
import { titleOfFile } from "./titleOfFile.ts";

const FAMILY = "👨‍👩‍👧‍👦";

test("a name is cut between emoji, flags, accents and syllables, never within one", () => {
  const ninetyNine = "a".repeat(99);
  for (const whole of ["🌊", FAMILY, "🇰🇷", "q\u0323\u0302", "👍🏽"]) {
    assert.equal(titleOfFile(`/videos/${ninetyNine}${whole}b.mp4`, "Video"), ninetyNine, whole);
  }
  assert.equal(titleOfFile(`${"a".repeat(98)}🌊.mp4`, "Video"), `${"a".repeat(98)}🌊`);
  assert.equal(titleOfFile(`${FAMILY.repeat(20)}.mov`, "Video"), FAMILY.repeat(9));
});

test("a short name stays as it is, without its ending", () => {
  assert.equal(titleOfFile("/a/b/Busan 2019.MOV", "Video"), "Busan 2019");
  assert.equal(titleOfFile("부산.mp4".normalize("NFD"), "Video"), "부산");
  assert.equal(titleOfFile("two\nlines\t.mp4", "Video"), "two lines");
});

test("a name without anything to see gets the other title", () => {
  for (const name of ["   .mp4", "\u00a0\u3000.mp4", "\u200b\u200d.mp4", "\ufe0f.mp4", "\u0000.mp4", ""]) {
    assert.equal(titleOfFile(name, "Video"), "Video", JSON.stringify(name));
  }
});

test("the gateway accepts the title of a file with any name", () => {
  const unit = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.constantFrom(FAMILY, "\ud83d", "\u0000", " ", "e\u0301", "a".repeat(60)),
  );
  fc.assert(
    fc.property(fc.array(unit, { maxLength: 20 }), (parts) => {
      const title = titleOfFile(`${parts.join("")}.mp4`, "Video");
      assert.equal(titleSchema.parse(title), title);
      assert.ok(title.length <= 100);
    }),
  );
});
