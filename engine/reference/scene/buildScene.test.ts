import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { AVMEDIA_TYPE_AUDIO } from "node-av/constants";
import sharp from "sharp";
import { z } from "zod";
import { ConversionError } from "#engine/reference/conversionError.ts";
import { runConversion } from "#engine/reference/runConversion.ts";
import { makeDemoPhotos, makeDemoVideo } from "#local/demo/video.ts";
import { faultsOf, readGlb } from "../testing/glb.ts";
import { loopVideo } from "../testing/loopVideo.ts";
import { isUpright, makeTestVideo, type TestVideo } from "../testing/testVideo.ts";

const dataSchema = z.object({
  durationSeconds: z.number(),
  incomplete: z.boolean(),
  codec: z.string(),
  views: z.array(z.object({ timeSeconds: z.number() })),
});

let directory: string;
let cases = 0;

before(async () => {
  directory = await mkdtemp(join(tmpdir(), "scene-test-"));
});
after(() => rm(directory, { recursive: true, force: true }));

async function convert(video: string, params: Record<string, unknown> = {}) {
  const outDir = join(directory, `out-${cases++}`);
  await mkdir(outDir);
  const run = await runConversion({ kind: "scene", inputs: { video }, params, outDir });
  const glb = await readFile(join(outDir, "scene.glb"));
  const poster = await readFile(join(outDir, "poster.jpg"));
  const document = await readGlb(glb);
  const pictures = document
    .getRoot()
    .listTextures()
    .map((texture) => texture.getImage() ?? new Uint8Array());
  return { run, glb, poster, document, pictures, data: dataSchema.parse(run.data) };
}

async function made(name: string, options: TestVideo): Promise<string> {
  const path = join(directory, name);
  await makeTestVideo(path, options);
  return path;
}

const portrait = { width: 180, height: 320 };
/** Name, how it is made, views that must be found, size of a picture as a person should see it. */
const sorts: readonly (readonly [string, TestVideo, number, string])[] = [
  ["h264-sound.mp4", { views: 3, sound: "aac" }, 3, "320x180"],
  ["h264-turned-90.mp4", { ...portrait, turn: 90 }, 1, "180x320"],
  ["h264-turned-180.mp4", { turn: 180 }, 1, "320x180"],
  ["h264-turned-270.mov", { ...portrait, turn: 270 }, 1, "180x320"],
  ["hevc-portrait.mov", { ...portrait, encoder: "libx265", turn: 90, views: 2 }, 2, "180x320"],
  ["hevc-10-bit.mp4", { encoder: "libx265", pixelFormat: "yuv420p10le" }, 1, "320x180"],
  [
    "hevc-hlg.mov",
    {
      encoder: "libx265",
      pixelFormat: "yuv420p10le",
      encoderOptions: { color_primaries: "bt2020", color_trc: "arib-std-b67", colorspace: "bt2020nc" },
    },
    1,
    "320x180",
  ],
  ["vp9-sound.webm", { encoder: "libvpx-vp9", sound: "libopus", views: 2 }, 2, "320x180"],
  ["browser-recording.webm", { encoder: "libvpx-vp9", muxerOptions: { live: 1 } }, 1, "320x180"],
  ["av1.mp4", { encoder: "libsvtav1", views: 2 }, 2, "320x180"],
  ["mpeg4.avi", { encoder: "mpeg4" }, 1, "320x180"],
  ["mpeg2.ts", { encoder: "mpeg2video" }, 1, "320x180"],
  ["uneven-rate.mp4", { views: 2, times: [0, 0.04, 0.3, 0.33, 0.9, 1, 1.04, 1.5, 1.95] }, 2, "320x180"],
  ["odd-size.mkv", { width: 321, height: 181, pixelFormat: "yuv444p" }, 1, "321x181"],
  ["wide-pixels.mp4", { width: 360, pixelAspect: { num: 4, den: 3 } }, 1, "360x180"],
  ["tiny.mp4", { width: 16, height: 16 }, 1, "16x16"],
  ["one-picture.mp4", { times: [0] }, 1, "320x180"],
  ["fragments.mp4", { views: 2, muxerOptions: { movflags: "frag_keyframe+empty_moov" } }, 2, "320x180"],
];
for (const [name, options, views, size] of sorts) {
  test(`${name}: ${views} upright picture(s) of ${size}, in a valid GLB`, async () => {
    const { glb, pictures, data } = await convert(await made(name, options));
    assert.deepEqual(await faultsOf(glb), []);
    assert.equal(data.views.length, views);
    assert.equal(data.incomplete, false);
    const times = data.views.map(({ timeSeconds }) => timeSeconds);
    assert.deepEqual(
      times,
      times.toSorted((one, other) => one - other),
    );
    for (const picture of pictures) {
      const { width, height } = await sharp(picture).metadata();
      assert.equal(`${width}x${height}`, size);
      assert.equal(await isUpright(picture), true);
    }
  });
}

test("an old file's rotate tag turns the picture as a display matrix would", async () => {
  const turned = await made("tag.mkv", { ...portrait, turn: 90, turnAsTag: true });
  const { pictures } = await convert(turned);
  assert.equal(await isUpright(pictures[0] ?? new Uint8Array()), true);
});

test("the poster is the sharpest picture, upright, and no larger than 1280", async () => {
  const path = await made("large.mp4", { width: 2000, height: 1000, framesPerSecond: 5 });
  const { poster, pictures } = await convert(path, { location: "outdoor" });
  const { width, height } = await sharp(poster).metadata();
  assert.deepEqual([width, height], [1280, 640]);
  assert.equal(await isUpright(poster), true);
  assert.equal((await sharp(pictures[0]).metadata()).width, 1600);
});

test("each location makes its own room, and another word fails without a result", async () => {
  const path = await made("place.mp4", {});
  const sizes = new Set<number>();
  for (const location of ["indoor", "outdoor", "unbound"]) {
    const { glb, document } = await convert(path, { location });
    assert.deepEqual(await faultsOf(glb), []);
    assert.equal(document.getRoot().listScenes()[0]?.listChildren()[0]?.getExtras().location, location);
    sizes.add(glb.length);
  }
  assert.equal(sizes.size, 3);
  await assert.rejects(convert(path, { location: "underwater" }), { code: "params_invalid" });
});

test("the demo's video has four views and its pictures are in order of time", async () => {
  const path = join(directory, "demo.mp4");
  await makeDemoVideo(path, { seconds: 4, width: 640, height: 360 });
  const { data, document } = await convert(path);
  assert.equal(data.views.length, 4);
  const panels = document
    .getRoot()
    .listNodes()
    .filter((node) => node.getExtras().order !== undefined);
  assert.deepEqual(
    panels.map((node) => [node.getExtras().order, node.getExtras().timeSeconds]),
    data.views.map(({ timeSeconds }, index) => [index + 1, timeSeconds]),
  );
});

test("a file that was cut off gives what is there and says that it isn't all", async () => {
  const whole = await readFile(
    await made("index-first.mp4", { views: 3, muxerOptions: { movflags: "faststart" } }),
  );
  const path = join(directory, "cut.mp4");
  await writeFile(path, whole.subarray(0, Math.floor(whole.length * 0.6)));
  const { data, glb, pictures } = await convert(path);
  assert.deepEqual(await faultsOf(glb), []);
  assert.equal(data.incomplete, true);
  assert.ok(pictures.length >= 1 && pictures.length < 3);
});

test("files without a video fail with their own code and sentence, not retryable", async () => {
  const whole = await made("whole.mp4", { sound: "aac" });
  const bytes = await readFile(whole);
  const { face } = await makeDemoPhotos(directory);
  const write = async (name: string, content: Buffer | string) => {
    await writeFile(join(directory, name), content);
    return join(directory, name);
  };
  const soundOnly = join(directory, "sound-only.mp4");
  await loopVideo(whole, soundOnly, 1, (type) => type === AVMEDIA_TYPE_AUDIO);
  const photo = join(directory, "photo.mp4");
  await copyFile(face, photo);
  const playlist = `#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nfile://${whole}\n#EXT-X-ENDLIST\n`;
  const expected = [
    [await write("text.mp4", "Dear diary. ".repeat(1000)), "video_unreadable"],
    [await write("empty.mp4", ""), "video_unreadable"],
    [await write("playlist.mp4", playlist), "video_unreadable"],
    [await write("script.mp4", `ffconcat version 1.0\nfile '${whole}'\n`), "video_unreadable"],
    [photo, "video_unreadable"],
    [await write("no-index.mp4", bytes.subarray(0, Math.floor(bytes.length * 0.8))), "video_truncated"],
    [soundOnly, "video_has_no_picture"],
  ] as const;
  for (const [path, code] of expected) {
    await assert.rejects(convert(path), (error) => {
      assert.ok(error instanceof ConversionError, String(error));
      assert.equal(error.code, code, path);
      assert.equal(error.retryable, false);
      assert.match(error.message, /^[A-Z].*\.$/);
      assert.doesNotMatch(error.message, /\/|Error|FFmpeg/);
      return true;
    });
  }
});

test("a file that never gives a byte is ended by the watchdog; the process is gone", async (t) => {
  const path = join(directory, "pipe.mp4");
  const outDir = join(directory, "out-pipe");
  await mkdir(outDir);
  await promisify(execFile)("mkfifo", [path]);
  const order = { kind: "scene", inputs: { video: path }, params: {}, outDir };
  await t.test("because it makes no progress", async () => {
    await assert.rejects(runConversion({ ...order, limits: { stallSeconds: 0.5 } }), {
      code: "conversion_stalled",
      retryable: true,
    });
  });
  await t.test("because it takes too long", async () => {
    await assert.rejects(runConversion({ ...order, limits: { totalSeconds: 0.5 } }), {
      code: "conversion_too_slow",
    });
  });
  await t.test("because that is set", async () => {
    const reason = new Error("no longer wanted");
    const signal = AbortSignal.timeout(300);
    await assert.rejects(runConversion({ ...order, signal }), { name: "TimeoutError" });
    await assert.rejects(runConversion({ ...order, signal: AbortSignal.abort(reason) }), reason);
  });
});

test("a conversion that needs more memory than it may have ends as too large", async () => {
  const outDir = join(directory, "out-memory");
  await mkdir(outDir);
  const inputs = { video: await made("memory.mp4", { width: 1920, height: 1080, secondsPerView: 3 }) };
  const limits = { maxResidentBytes: 20_000_000 };
  await assert.rejects(runConversion({ kind: "scene", inputs, params: {}, outDir, limits }), {
    code: "video_too_large",
    retryable: false,
  });
});

test("ten minutes of 1080p take a few hundred MB of memory, and show every view", async () => {
  const short = await made("short.mp4", {
    width: 1920,
    height: 1080,
    views: 2,
    secondsPerView: 1.5,
    framesPerSecond: 12,
    encoderOptions: { g: 12 },
  });
  const long = join(directory, "long.mp4");
  await loopVideo(short, long, 200);
  const { run, data } = await convert(long);
  assert.ok(Math.abs(data.durationSeconds - 600) < 10, `${data.durationSeconds} s`);
  assert.equal(data.views.length, 2);
  assert.ok(run.peakResidentBytes < 450e6, `${Math.round(run.peakResidentBytes / 1e6)} MB`);
});
