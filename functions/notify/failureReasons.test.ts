import assert from "node:assert/strict";
import { test } from "node:test";
import type { DomainEvent } from "#shared/events/event.ts";
import { failureReason } from "./failureReasons.ts";
import { textOf } from "./texts.ts";

test("each reason is short, in both languages; an unknown code has one that fits", () => {
  for (const code of ["upload_missing", "video_protected", "engine_lost", "a_code_of_another_engine"]) {
    for (const language of ["en", "ko"] as const) {
      const reason = failureReason(code, language);
      assert.ok(reason.length > 10 && reason.length <= 80, reason);
      assert.doesNotMatch(reason, /_/);
    }
    assert.notEqual(failureReason(code, "en"), failureReason(code, "ko"));
  }
  assert.equal(failureReason("a_code_of_another_engine", "en"), "Please try again in the app.");
});

test("a failure's message names the memory and says what helps", () => {
  const failed: DomainEvent = {
    type: "job_failed",
    id: "j.failed.1",
    at: "2026-03-01T10:00:00Z",
    ...{ jobId: "j", spaceId: "s", kind: "scene", title: "The sea" },
    code: "video_truncated",
  };
  assert.deepEqual(textOf(failed, "en"), {
    title: "A memory could not be made",
    body: "“The sea”: The file did not arrive whole. Please send it again.",
  });
  assert.deepEqual(textOf(failed, "ko"), {
    title: "추억을 만들지 못했어요",
    body: "‘The sea’: 파일이 끝까지 오지 않았어요. 다시 보내 주세요.",
  });
});
