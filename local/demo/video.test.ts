import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileTypeFromBuffer } from "file-type";
import sharp from "sharp";
import { makeDemoPhotos, makeDemoVideo } from "./video.ts";

test("the demo's video is an MP4 and its photos are JPEGs, by their first bytes", async (t) => {
  const directory = await mkdtemp(join(tmpdir(), "demo-test-"));
  t.after(() => rm(directory, { recursive: true, force: true }));
  const video = join(directory, "demo.mp4");
  await makeDemoVideo(video, { seconds: 1, width: 320, height: 180 });
  assert.equal((await fileTypeFromBuffer(await readFile(video)))?.mime, "video/mp4");
  const { face, body } = await makeDemoPhotos(directory);
  for (const photo of [face, body]) {
    assert.equal((await fileTypeFromBuffer(await readFile(photo)))?.mime, "image/jpeg");
    const { width, height } = await sharp(photo).metadata();
    assert.ok(height > width);
  }
});
