import assert from "node:assert/strict";
import { test } from "node:test";
import { LANGUAGES } from "../platform/language.ts";
import { FAILURE_CODES, failureSentence, reasonIn } from "./failures.ts";

test("each code has a short sentence in each language, and names no machine", () => {
  assert.ok(FAILURE_CODES.length > 20);
  for (const code of FAILURE_CODES) {
    const sentences = LANGUAGES.map((language) => failureSentence(code, language));
    assert.equal(new Set(sentences).size, LANGUAGES.length, code);
    for (const sentence of sentences) {
      assert.ok(sentence.length > 10 && sentence.length <= 80, `${code}: ${sentence}`);
      assert.doesNotMatch(sentence, /_|engine|conversion|byte|엔진|변환|바이트|오류/u);
    }
  }
});

test("English asks or offers; Korean is polite and is Korean", () => {
  for (const code of FAILURE_CODES) {
    assert.match(failureSentence(code, "en"), /\. (Please .+|.+ may work)\.$/);
    assert.match(failureSentence(code, "ko"), /^[^a-zA-Z]+요\. [^a-zA-Z]+ (주세요|보세요)\.$/u);
  }
});

test("a stored reason is put into the language; an engine's own code keeps its words", () => {
  const stored = { code: "video_unreadable", message: "as an engine worded it" };
  assert.deepEqual(reasonIn("ko", stored), {
    code: "video_unreadable",
    message: "이 영상은 열 수 없어요. 다른 영상을 골라 주세요.",
  });
  const own = { code: "roof_missing", message: "There is no roof in this video." };
  for (const language of LANGUAGES) assert.deepEqual(reasonIn(language, own), own);
  assert.deepEqual(reasonIn("ko", { code: "constructor", message: "m" }).message, "m");
});
