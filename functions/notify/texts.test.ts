import assert from "node:assert/strict";
import { test } from "node:test";
import type { DomainEvent } from "#shared/events/event.ts";
import { textOf } from "./texts.ts";

const failed = {
  type: "job_failed",
  id: "j.failed.1",
  at: "2026-03-01T10:00:00Z",
  jobId: "j",
  spaceId: "s",
  kind: "scene",
  title: "The sea",
  code: "video_truncated",
} as const satisfies DomainEvent;

test("a failure's message names the memory and says what helps", () => {
  assert.deepEqual(textOf(failed, "en"), {
    title: "A memory could not be made",
    body: "“The sea”: The end of this video is missing. Please send the whole video again.",
  });
  assert.deepEqual(textOf(failed, "ko"), {
    title: "추억을 만들지 못했어요",
    body: "‘The sea’: 영상의 끝부분이 빠져 있어요. 영상 전체를 다시 보내 주세요.",
  });
});

test("a code that only an engine knows gets a sentence that always fits", () => {
  const { body } = textOf({ ...failed, code: "a_code_of_another_engine" }, "en");
  assert.equal(body, "“The sea”: Something went wrong on our side. Please try again in the app.");
});

test("a session of a game is announced as measured, not as a memory", () => {
  const event = {
    id: "x",
    at: "2026-03-01T10:00:00.000Z",
    type: "job_succeeded",
    jobId: "j",
    spaceId: "s",
    kind: "session",
    title: "Apples",
    resourceId: "r",
  } as const;
  assert.deepEqual(textOf(event, "en"), {
    title: "A game is measured",
    body: "You can see how “Apples” went now.",
  });
  assert.equal(textOf(event, "ko").title, "운동 기록이 준비됐어요");
});
