import assert from "node:assert/strict";
import { test } from "node:test";
import { plusSeconds } from "../platform/clock.ts";
import { compareInLine, placeInLine, touchesLine } from "./fairLine.ts";
import type { Job } from "./jobDocument.ts";
import type { Line } from "./lineDocument.ts";
import { jobWith, NOW } from "./testing/jobFixture.ts";

const KIND = { weight: 2 };
const line = (open: number, placed: number, finish: number): Line => ({
  open,
  kinds: { scene: { open, placed, finish } },
});
const entering = jobWith({ place: null });

test("the first of a space gets the virtual time, and its space's next is behind it", () => {
  const { job, line: after } = placeInLine({ open: 0, kinds: {} }, undefined, entering, KIND, 5);
  assert.deepEqual(job, { ...entering, place: { tag: 5, behindOwn: false } });
  assert.deepEqual(after, line(1, 1, 7));
});

test("a follower of its space's own jobs gets the finish tag, not the virtual time", () => {
  for (const virtualTime of [0, 7]) {
    const { job, line: after } = placeInLine(line(1, 1, 7), undefined, entering, KIND, virtualTime);
    assert.deepEqual(job.place, { tag: 7, behindOwn: true });
    assert.deepEqual(after, line(2, 2, 9));
  }
});

test("a space behind the virtual time, or with nothing in line, begins at that time", () => {
  for (const before of [line(1, 1, 7), line(1, 0, 70)]) {
    const { job, line: after } = placeInLine(before, undefined, entering, KIND, 8);
    assert.deepEqual(job.place, { tag: 8, behindOwn: false });
    assert.equal(after.kinds.scene?.finish, 10);
  }
});

test("a job that waits for uploads gets no place; one in line keeps its place", () => {
  const awaiting = jobWith({ state: "awaiting_upload" });
  assert.deepEqual(placeInLine(line(1, 1, 7), undefined, awaiting, KIND, 5), {
    line: line(2, 1, 7),
    job: awaiting,
  });
  const placed = jobWith({ place: { tag: 3, behindOwn: true } });
  assert.deepEqual(placeInLine(line(1, 1, 7), placed, placed, KIND, 5), { line: line(1, 1, 7), job: placed });
});

test("a job that ends loses its place and isn't counted; other kinds' counts stay", () => {
  const before = {
    open: 3,
    kinds: { scene: { open: 2, placed: 2, finish: 7 }, avatar: { open: 1, placed: 1, finish: 4 } },
  };
  const cancelled = jobWith({ state: "cancelled", place: { tag: 3, behindOwn: false } });
  const { job, line: after } = placeInLine(before, jobWith(), cancelled, KIND, 5);
  assert.equal(job.place, null);
  assert.deepEqual(after, {
    open: 2,
    kinds: { scene: { open: 1, placed: 1, finish: 7 }, avatar: before.kinds.avatar },
  });
});

test("a line is touched by what opens, ends or needs a place, and by nothing else", () => {
  const [queued, running, ended] = [jobWith(), jobWith({ state: "running" }), jobWith({ state: "failed" })];
  assert.equal(touchesLine(undefined, queued), true);
  assert.equal(touchesLine(running, ended), true);
  assert.equal(touchesLine(ended, queued), true);
  assert.equal(touchesLine(queued, entering), true);
  assert.equal(touchesLine(queued, running), false);
  assert.equal(touchesLine(running, queued), false);
  assert.equal(touchesLine(ended, ended), false);
});

test("the order: by tag, then newcomers before followers, then by time, then by id", () => {
  const standing = (id: string, tag: number, behindOwn = false, seconds = 0): { id: string; job: Job } => ({
    id,
    job: jobWith({ place: { tag, behindOwn }, createdAt: plusSeconds(NOW, seconds) }),
  });
  const inOrder = [
    standing("f", 0, true, 9),
    standing("e", 1, false, 2),
    standing("d", 1, false, 3),
    standing("b", 1, true, 1),
    standing("c", 1, true, 1),
    standing("a", 2, false, 0),
  ];
  for (const [index, one] of inOrder.entries()) {
    for (const [other, two] of inOrder.entries()) {
      assert.equal(Math.sign(compareInLine(one, two)), Math.sign(index - other), `${one.id} and ${two.id}`);
    }
  }
});
