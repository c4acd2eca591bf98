import assert from "node:assert/strict";
import { test } from "node:test";
import type { DomainEvent, PushedEvent } from "#shared/events/event.ts";
import { decodeEvent } from "./decodeEvent.ts";
import { dataOf, textOf } from "./texts.ts";

const succeeded: DomainEvent = {
  type: "job_succeeded",
  id: "j.succeeded",
  at: "2026-03-01T10:00:00.000Z",
  jobId: "j",
  spaceId: "g",
  kind: "scene",
  title: "Kitchen",
  resourceId: "r",
};
const published = (data: unknown) => ({ data: { message: { data, messageId: "1" }, subscription: "s" } });
const encoded = (json: unknown) => Buffer.from(JSON.stringify(json)).toString("base64");

test("a published event is read; anything else is undefined", () => {
  assert.deepEqual(decodeEvent(published(encoded(succeeded))), succeeded);
  for (const event of [
    {},
    { data: null },
    { data: "x" },
    published(undefined),
    published(7),
    published(""),
    published("%%%"),
    published(encoded(null)),
    published(encoded({ ...succeeded, type: "job_vanished" })),
    published(encoded({ ...succeeded, id: "" })),
    published(encoded({ ...succeeded, id: "x".repeat(121) })),
    published(encoded({ ...succeeded, at: "yesterday" })),
    published(encoded({ ...succeeded, title: undefined })),
  ]) {
    assert.equal(decodeEvent(event), undefined, JSON.stringify(event));
  }
});

test("texts hold only the job's title, in the person's language; data hold only ids", () => {
  const events: PushedEvent[] = [
    succeeded,
    { ...succeeded, type: "job_failed", code: "video_unreadable" },
    { type: "invited", id: "i", at: succeeded.at, userId: "u-secret", giverName: "Kim Name" },
    { type: "badge_earned", id: "b", at: succeeded.at, spaceId: "g", userId: "u-secret", badge: "LOVELY" },
  ];
  for (const event of events) {
    const [english, korean] = [textOf(event, "en"), textOf(event, "ko")];
    assert.notDeepEqual(english, korean);
    for (const text of [english, korean]) assert.doesNotMatch(JSON.stringify(text), /Kim|secret/);
    for (const value of Object.values(dataOf(event))) assert.equal(typeof value, "string");
    assert.doesNotMatch(JSON.stringify(dataOf(event)), /Kim|secret/);
  }
});

test("a long title is cut between characters as people see them", () => {
  const title = "👨‍👩‍👧‍👦".repeat(150);
  const { body } = textOf({ ...succeeded, title }, "en");
  assert.equal(body, `You can visit “${"👨‍👩‍👧‍👦".repeat(99)}…” now.`);
  const fits = (given: string) => Buffer.byteLength(textOf({ ...succeeded, title: given }, "en").body);
  assert.ok(fits(`e${"\u0301".repeat(50_000)}`) < 3_000);
  assert.ok(fits(title) < 3_000);
  for (const whole of ["", "x".repeat(100)])
    assert.equal(textOf({ ...succeeded, title: whole }, "en").body, `You can visit “${whole}” now.`);
  assert.equal(
    textOf({ ...succeeded, title: "x".repeat(101) }, "en").body,
    `You can visit “${"x".repeat(99)}…” now.`,
  );
});
