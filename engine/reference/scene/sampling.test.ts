import assert from "node:assert/strict";
import { test } from "node:test";
import { type Decision, Sampling, type SamplingInput } from "./sampling.ts";

const fullHd = { framesPerSecond: 30, width: 1920, height: 1080 };

/** What is decided for a video with a key frame each `keySeconds`. */
function decisions(input: SamplingInput, seconds: number, keySeconds: number): readonly Decision[] {
  const sampling = new Sampling(input);
  const every = Math.round(keySeconds * input.framesPerSecond);
  return Array.from({ length: Math.round(seconds * input.framesPerSecond) }, (_, index) =>
    sampling.decide({ key: index % every === 0, timeSeconds: index / input.framesPerSecond }),
  );
}
const decoded = (list: readonly Decision[]) => list.filter((decision) => decision !== "skip").length;

test("a short video is decoded whole", () => {
  const list = decisions({ ...fullHd, durationSeconds: 60 }, 60, 1);
  assert.deepEqual([...new Set(list)], ["decode"]);
});

test("of a long video a bounded number of pictures is decoded, in bursts", () => {
  for (const seconds of [600, 3600]) {
    const list = decisions({ ...fullHd, durationSeconds: seconds }, seconds, 1);
    assert.ok(decoded(list) > 1200 && decoded(list) <= 2600, `${decoded(list)} of ${list.length}`);
    const minutes = Array.from({ length: 10 }, (_, part) =>
      list.slice((part * list.length) / 10, ((part + 1) * list.length) / 10),
    );
    for (const part of minutes) assert.ok(decoded(part) >= 100);
  }
});

test("a long video isn't decoded whole when its container says too short a duration", () => {
  const list = decisions({ ...fullHd, durationSeconds: 5 }, 600, 1);
  assert.ok(decoded(list) < list.length / 2);
});

test("larger pictures are fewer", () => {
  const small = decoded(decisions({ ...fullHd, durationSeconds: 600 }, 600, 1));
  const large = decoded(decisions({ ...fullHd, width: 3840, height: 2160, durationSeconds: 600 }, 600, 1));
  assert.ok(large < small / 2);
});

test("decoding begins again only with a key frame, after the decoder was reset", () => {
  const input = { ...fullHd, durationSeconds: 600 };
  const sampling = new Sampling(input);
  let before: Decision = "decode";
  for (let index = 0; index < 18_000; index++) {
    const key = index % 30 === 0;
    const decision = sampling.decide({ key, timeSeconds: index / 30 });
    if (before === "skip" && decision !== "skip") assert.equal(decision, "restart");
    if (decision === "restart") assert.ok(key && before === "skip");
    before = decision;
  }
});

test("a video whose only key frame is its first is decoded whole", () => {
  const list = decisions({ ...fullHd, durationSeconds: 600 }, 600, 600);
  assert.equal(decoded(list), list.length);
});

test("without a duration the beginning is decoded whole, then bursts; times may lack", () => {
  const list = decisions({ ...fullHd, durationSeconds: undefined }, 600, 1);
  assert.equal(decoded(list.slice(0, 3000)), 3000);
  assert.ok(decoded(list.slice(3000)) < 4500);
  const timeless = new Sampling({ ...fullHd, durationSeconds: 600 });
  for (let index = 0; index < 1000; index++) timeless.decide({ key: index === 0, timeSeconds: undefined });
});
