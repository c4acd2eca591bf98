import assert from "node:assert/strict";
import { test } from "node:test";
import { WorkError, type WorkTask } from "#engine/kit/work.ts";
import { silentLogger } from "#shared/platform/log/logger.ts";
import { ConversionError } from "./conversionError.ts";
import { conversions } from "./conversions.ts";

const task: WorkTask = {
  kind: "scene",
  inputs: {},
  params: {},
  attempt: 1,
  outDir: "/nowhere",
  onProgress: () => {},
  signal: new AbortController().signal,
  log: silentLogger,
};

/** What the gateway gets of a conversion that fails so, at this attempt. */
async function failure(error: Error, attempt: number): Promise<WorkError> {
  const work = conversions({}, () => Promise.reject(error)).get("scene");
  assert.ok(work);
  const thrown = await work({ ...task, attempt }).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.ok(thrown instanceof WorkError);
  return thrown;
}

test("a failure that may be chance is tried again once, then it fails with a sentence", async () => {
  for (const code of ["conversion_crashed", "conversion_stalled"] as const) {
    const chance = new ConversionError(code, "It broke off.", { retryable: true });
    assert.equal(await failure(chance, 1), chance);
    for (const attempt of [2, 3]) {
      const last = await failure(chance, attempt);
      assert.equal(last.code, code);
      assert.equal(last.retryable, false);
      assert.match(last.message, /^The conversion failed twice .*choose another.*\.$/);
      assert.equal(last.cause, chance);
    }
  }
});

test("a failure that the file is to blame for is passed on as it is, at every attempt", async () => {
  const blamed = new ConversionError("video_protected", "This video is copy-protected.");
  assert.equal(await failure(blamed, 1), blamed);
  assert.equal(await failure(blamed, 2), blamed);
});
