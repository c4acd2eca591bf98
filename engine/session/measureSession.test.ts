import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { MAX_RESULT_DATA_BYTES } from "#shared/kinds/kind.ts";
import { sessionData } from "#shared/kinds/session.ts";
import { silentLogger } from "#shared/platform/log/logger.ts";
import { WorkError } from "../kit/work.ts";
import { measureSession } from "./measureSession.ts";
import { recording } from "./recording.ts";

async function measure(t: TestContext, text: string) {
  const outDir = await mkdtemp(join(tmpdir(), "session-test-"));
  t.after(() => rm(outDir, { recursive: true, force: true }));
  const samples = join(outDir, "samples");
  await writeFile(samples, text);
  return await measureSession({
    kind: "session",
    inputs: { samples },
    params: {},
    attempt: 1,
    outDir,
    onProgress: () => {},
    signal: new AbortController().signal,
    log: silentLogger,
  });
}

test("a recording becomes a report to draw, and data as its kind describes it", async (t) => {
  const { files, data } = await measure(t, JSON.stringify(recording().file));
  const { coverage, channels } = sessionData.parse(data);
  assert.equal(coverage, 1);
  const [wrist] = channels;
  assert.deepEqual([wrist?.name, wrist?.repetitions, wrist?.missedCues], ["wrist", 20, 0]);
  assert.ok(Math.abs((wrist?.metrics.range?.value ?? 0) - 60) < 1);

  const [file] = files;
  assert.deepEqual([files.length, file?.name, file?.contentType], [1, "session.json", "application/json"]);
  const text = await readFile(file?.path ?? "", "utf8");
  assert.equal(Buffer.byteLength(text), file?.size);
  const [drawn] = JSON.parse(text).channels;
  assert.equal(drawn.repetitions.length, 20);
  assert.equal(drawn.curve.length, 1);
  assert.ok(drawn.curve[0].length <= 2000);
});

test("data of the most channels is as small as a result's data has to be", async (t) => {
  const { file } = recording({ noise: 2 });
  const channels = Array.from({ length: 32 }, (_, i) => ({
    ...file.channels[0],
    name: `${"x".repeat(62)}${i}`,
    role: "force",
  }));
  const { data } = await measure(t, JSON.stringify({ ...file, channels }));
  assert.equal(sessionData.safeParse(data).success, true);
  assert.ok(JSON.stringify(data).length < MAX_RESULT_DATA_BYTES / 2);
});

test("unusable samples fail the job for good, with the path of the first fault", async (t) => {
  for (const [text, message] of [
    [JSON.stringify({ ...recording().file, schema: "reverie.session/2" }), /^schema: /],
    [
      '{"sampleRateHz": 50, "channels": [{"name": "a", "unit": "deg", "role": "angle", "v": [1, NaN]}]}',
      /^channels\.0\.v\.1: /,
    ],
    ["{", /^expected JSON$/],
  ] as const) {
    await assert.rejects(measure(t, text), (error) => {
      assert.ok(error instanceof WorkError);
      assert.deepEqual([error.code, error.retryable], ["samples_rejected", false]);
      assert.match(error.message, message);
      return true;
    });
  }
});
