import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import sharp from "sharp";
import { type ColourClip, makeColourClip, patches, seenPatches } from "../testing/colourClip.ts";
import { developPicture } from "./picture.ts";
import { Video } from "./video.ts";

let directory: string;
let cases = 0;

before(async () => {
  directory = await mkdtemp(join(tmpdir(), "colours-test-"));
});
after(() => rm(directory, { recursive: true, force: true }));

interface Case extends ColourClip {
  readonly ending: string;
  /** How far each of red, green and blue may be from what was drawn, of 255. */
  readonly within?: number;
  /** Of the shown picture; as stored when absent. */
  readonly longSide?: number;
  /** What the patches show, when it isn't what was drawn. */
  readonly expected?: readonly (readonly number[])[];
}

/** Makes the clip, reads it as the engine does, and says what is wrong with its first picture; undefined if nothing. */
async function faultOf({
  ending,
  within = 6,
  longSide = 400,
  expected = patches,
  ...clip
}: Case): Promise<string | undefined> {
  const path = join(directory, `clip-${cases++}.${ending}`);
  const what = JSON.stringify({ ending, ...clip });
  try {
    await makeColourClip(path, clip);
    await using video = await Video.open(path, 1e6);
    for await (const picture of video.pictures(AbortSignal.timeout(10_000))) {
      const { jpeg, width, height } = await developPicture(picture, longSide);
      const size = shownSize(clip, longSide);
      if (Math.abs(width - size.width) > 1 || Math.abs(height - size.height) > 1) {
        return `${what}: ${width}x${height}`;
      }
      const rgb = await sharp(jpeg).raw().toBuffer();
      const seen = seenPatches(rgb, width, height);
      const worst = Math.max(
        ...expected.flatMap((patch, index) =>
          patch.map((value, at) => Math.abs(value - (seen[index]?.[at] ?? 0))),
        ),
      );
      return worst > within ? `${what}: off by ${worst}: ${JSON.stringify(seen)}` : undefined;
    }
    return `${what}: no picture`;
  } catch (error) {
    return `${what}: ${String(error)}`;
  }
}

function shownSize(clip: ColourClip, longSide: number) {
  const { width = 66, height = 44, turn = 0, pixelAspect = { num: 1, den: 1 } } = clip;
  const aspect = pixelAspect.num / pixelAspect.den;
  const [wide, high] = [width * Math.max(1, aspect), height / Math.min(1, aspect)];
  const factor = Math.min(1, longSide / Math.max(wide, high));
  const size = { width: wide * factor, height: high * factor };
  return turn === 90 || turn === 270 ? { width: size.height, height: size.width } : size;
}

async function assertAll(all: readonly Case[], atLeast: number): Promise<void> {
  assert.ok(all.length >= atLeast, `${all.length} clips`);
  const faults: string[] = [];
  for (const one of all) {
    const fault = await faultOf(one);
    if (fault !== undefined) faults.push(fault);
  }
  assert.deepEqual(faults, []);
}

/** Every choice of one value for each name. */
function combinations<const T extends Record<string, readonly unknown[]>>(
  choices: T,
): { [K in keyof T]: T[K][number] }[] {
  let all: Record<string, unknown>[] = [{}];
  for (const [name, values] of Object.entries(choices)) {
    all = all.flatMap((one) => values.map((value) => ({ ...one, [name]: value })));
  }
  // Built name by name from `choices`, so it has exactly its names and values.
  return all as { [K in keyof T]: T[K][number] }[];
}

const lossless = { ending: "mkv", encoder: "ffv1" } as const;

test("standard range: every matrix, range and sampling keeps the colours drawn", async () => {
  const all = combinations({
    matrix: [
      "unknown",
      "bt709",
      "fcc",
      "bt470bg",
      "smpte170m",
      "smpte240m",
      "ycgco",
      "bt2020nc",
      "bt2020c",
      "chroma-derived-nc",
    ],
    range: ["tv", "pc"],
    pixelFormat: ["yuv420p", "yuv422p", "yuv444p", "yuv420p10le", "yuv444p12le"],
  });
  await assertAll(
    all.map((one) => ({ ...lossless, ...one })),
    100,
  );
});

test("high dynamic range: every matrix and range comes back to standard colours", async () => {
  const all = combinations({
    matrix: ["unknown", "bt2020nc", "bt2020c", "ictcp", "chroma-derived-nc", "chroma-derived-c"],
    range: ["tv", "pc"],
    transfer: ["smpte2084", "arib-std-b67"],
    pixelFormat: ["yuv420p10le", "yuv422p10le", "yuv444p12le"],
  });
  await assertAll(
    all.map((one) => ({ ...lossless, primaries: "bt2020", within: 10, ...one })),
    60,
  );
});

test("wide primaries in standard range become sRGB", async () => {
  const all = combinations({ primaries: ["bt2020", "smpte432"], transfer: ["bt709", "iec61966-2-1"] });
  await assertAll(
    all.map((one) => ({ ...lossless, pixelFormat: "yuv444p10le", ...one })),
    4,
  );
});

const X265 = { crf: 8, "x265-params": "log-level=error:pools=1:frame-threads=1" };

test("HEVC and H.264 of phones keep their colours, also when the scaled sides are odd", async () => {
  const hdr = combinations({
    transfer: ["smpte2084", "arib-std-b67"],
    matrix: ["bt2020nc", "bt2020c", "ictcp"],
    pixelFormat: ["yuv420p10le", "yuv422p10le"],
  });
  const standard = combinations({
    encoder: ["libx264", "libx265"],
    pixelFormat: ["yuv420p", "yuv422p", "yuv444p", "yuv420p10le", "yuv422p10le"],
    range: ["tv", "pc"],
  });
  await assertAll(
    [
      ...hdr.map((one): Case => ({ ...one, ending: "mp4", encoder: "libx265", primaries: "bt2020" })),
      ...standard.map((one): Case => ({ ...one, ending: "mov" })),
    ].map((one) => ({
      ...one,
      ...{ longSide: 61, within: 14 },
      encoderOptions: one.encoder === "libx265" ? X265 : { crf: 8 },
    })),
    30,
  );
});

test("pictures with odd sides keep their colours and every column and row", async () => {
  const all = combinations({
    size: [
      { width: 67, height: 44 },
      { width: 66, height: 45 },
      { width: 67, height: 45 },
    ],
    coded: [
      { ending: "webm", encoder: "libvpx-vp9", encoderOptions: { crf: 4 } },
      { ending: "mp4", encoder: "libsvtav1", encoderOptions: { preset: 12, crf: 10 } },
      { ending: "mkv", encoder: "ffv1" },
      { ending: "avi", encoder: "mjpeg", pixelFormat: "yuvj420p", encoderOptions: { qscale: 2 } },
      { ending: "mov", encoder: "libx264", pixelFormat: "yuv444p" },
    ],
  });
  await assertAll(
    all.map(({ size, coded }) => ({ ...coded, ...size, matrix: "bt470bg", within: 16 })),
    15,
  );
});

test("every pixel format that a decoder gives shows the same colours", async () => {
  const luma = combinations({
    pixelFormat: ["yuv410p", "yuv411p", "yuv440p", "yuva420p", "yuva444p", "yuva422p10le", "yuv420p9le"],
    range: ["tv", "pc"],
  });
  const deep = ["yuv420p14le", "yuv440p12le", "yuv420p16le", "yuv422p16le", "yuv444p16le"];
  const rgb = ["gbrp10le", "gbrp12le", "gbrap10le", "bgr0", "bgra", "rgb48le"];
  const stored = ["uyvy422", "yuyv422", "nv12", "nv21", "yuv420p", "yuv422p", "bgr24", "rgb555le"];
  const drawnInRgb = { matrix: "gbr", range: "pc", named: false } as const;
  await assertAll(
    [
      ...luma.map((one): Case => ({ ...lossless, ...one })),
      ...deep.map((pixelFormat): Case => ({ ...lossless, pixelFormat })),
      ...rgb.map((pixelFormat): Case => ({ ...lossless, ...drawnInRgb, pixelFormat })),
      ...stored.map(
        (pixelFormat): Case => ({
          ...(/(rgb|bgr)/.test(pixelFormat) ? drawnInRgb : {}),
          ...{ ending: "mkv", encoder: "rawvideo", pixelFormat, muxerOptions: { allow_raw_vfw: 1 } },
        }),
      ),
      { ...drawnInRgb, ending: "mp4", encoder: "libx265", pixelFormat: "gbrp", encoderOptions: X265 },
      { ...drawnInRgb, ending: "mov", encoder: "qtrle", pixelFormat: "rgb24" },
      { ...drawnInRgb, ending: "mov", encoder: "png", pixelFormat: "rgb24" },
      { ending: "mov", encoder: "prores_ks", pixelFormat: "yuv422p10le" },
      { ending: "mov", encoder: "prores_ks", pixelFormat: "yuva444p10le" },
    ],
    38,
  );
});

test("pictures in grey stay grey, with the brightness of the colours", async () => {
  const grey = patches.map(([r, g, b]) => Math.round(0.299 * r + 0.587 * g + 0.114 * b));
  await assertAll(
    combinations({ pixelFormat: ["gray", "gray10le", "gray12le", "gray16le"], range: ["tv", "pc"] }).map(
      (one) => ({
        ...lossless,
        ...one,
        matrix: "bt470bg",
        expected: grey.map((value) => [value, value, value]),
      }),
    ),
    8,
  );
});

test("every turn, mirrored or not, with every shape of pixel, is shown upright", async () => {
  const all = combinations({
    turn: [0, 90, 180, 270],
    mirrored: [false, true],
    pixelAspect: [
      { num: 1, den: 1 },
      { num: 4, den: 3 },
      { num: 8, den: 9 },
    ],
    size: [
      { width: 66, height: 44 },
      { width: 48, height: 64 },
    ],
  });
  await assertAll(
    all.map(({ size, ...one }) => ({
      ...one,
      ...size,
      ending: "mp4",
      encoderOptions: { crf: 8 },
      within: 16,
    })),
    48,
  );
});
