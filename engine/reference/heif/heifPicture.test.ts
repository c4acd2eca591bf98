import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import fc from "fast-check";
import sharp from "sharp";
import type { Pixels } from "../frames/pixels.ts";
import { type ColourClip, patches, seenPatches } from "../testing/colourClip.ts";
import { codedItem, gridOf, type HeifItem, heifOf, numbers, property } from "../testing/heifBuilder.ts";
import { readHeif } from "./heifPicture.ts";

let scratch: string;

before(async () => {
  scratch = await mkdtemp(join(tmpdir(), "heif-test-"));
});
after(() => rm(scratch, { recursive: true, force: true }));

const X265 = { crf: 4, "x265-params": "log-level=error:pools=1:frame-threads=1:bframes=0" };
const AV1 = { preset: 10, crf: 6 };

/** A phone's usual coding: BT.601 in full range. */
const phone = { matrix: "smpte170m", transfer: "iec61966-2-1", range: "pc" } as const;

async function coded(clip: ColourClip) {
  const encoderOptions = clip.encoder === "libsvtav1" ? AV1 : X265;
  return await codedItem(join(scratch, "still.mp4"), { ...phone, encoderOptions, ...clip });
}

async function read(bytes: Buffer, scale = 1): Promise<Pixels> {
  return await readHeif(bytes, { scaleFor: () => scale, maxPixels: 1e8 });
}

function assertPatches({ rgb, width, height }: Pixels, within = 10): void {
  const seen = seenPatches(rgb, width, height);
  for (const [index, patch] of patches.entries()) {
    const far = Math.max(...patch.map((value, at) => Math.abs(value - (seen[index]?.[at] ?? 0))));
    assert.ok(far <= within, `patch ${index} is ${seen[index]}, not ${patch}`);
  }
}

const heic = (...items: readonly HeifItem[]) => heifOf({ brands: ["heic", "mif1"], items });

/** The same item with more properties. */
function having(item: HeifItem, ...properties: readonly Buffer[]): HeifItem {
  return { ...item, properties: [...(item.properties ?? []), ...properties] };
}

const TILE = 64;

/** A picture of 180 by 120 in tiles, the last of each line and column partly outside. The grid comes first. */
async function tiled(clip: ColourClip, ...properties: readonly Buffer[]): Promise<HeifItem[]> {
  const [columns, rows, width, height] = [3, 2, 180, 120];
  const tiles: HeifItem[] = [];
  for (let index = 0; index < rows * columns; index++) {
    const part = {
      left: ((index % columns) * TILE) / width,
      top: (Math.floor(index / columns) * TILE) / height,
      width: TILE / width,
      height: TILE / height,
    };
    tiles.push(await coded({ ...clip, width: TILE, height: TILE, part }));
  }
  const grid = {
    type: "grid",
    data: gridOf(rows, columns, width, height),
    properties: [property.size(width, height), ...properties],
    refersTo: { dimg: tiles.map((_, index) => index + 1) },
  };
  return [grid, ...tiles];
}

test("one coded picture: the file's colours count before the picture's own", async () => {
  const named = await coded({});
  assertPatches(await read(heic(named)));
  const unnamed = await coded({ named: false });
  assertPatches(await read(heic(unnamed)));
  const limited = await coded({ matrix: "bt709", range: "tv", named: false });
  assertPatches(await read(heic(having(limited, property.codePoints(1, 13, 1, false)))));
  const wide = await coded({ primaries: "smpte432" });
  assertPatches(await read(heic(wide)));
});

test("HLG and PQ in 10 bits, HEVC and AV1, are brought down to standard colours", async () => {
  for (const [transfer, number] of [
    ["smpte2084", 16],
    ["arib-std-b67", 18],
  ] as const) {
    for (const encoder of ["libx265", "libsvtav1"] as const) {
      const item = await coded({
        ...{ encoder, transfer, matrix: "bt2020nc", primaries: "bt2020", named: false },
        pixelFormat: "yuv420p10le",
      });
      assertPatches(await read(heic(having(item, property.codePoints(9, number, 9, true)))), 16);
    }
  }
});

test("an ICC profile says what the colours mean", async () => {
  const { icc } = await sharp({ create: { width: 8, height: 8, channels: 3, background: "#888" } })
    .withIccProfile("p3")
    .png()
    .toBuffer()
    .then((png) => sharp(png).metadata());
  assert.ok(icc);
  const item = await coded({ primaries: "smpte432", named: false });
  assertPatches(await read(heic(having(item, property.profile(icc)))));
});

test("turns and mirrors of a grid are done once, in order; EXIF's turn isn't", async () => {
  const exif = Buffer.concat([
    numbers(4, 6),
    Buffer.from("Exif\0\0MM\0*", "latin1"),
    numbers(4, 8),
    numbers(2, 1, 0x0112, 3),
    numbers(4, 1),
    numbers(2, 6, 0, 0, 0),
  ]);
  for (const turn of [0, 90, 180, 270] as const) {
    for (const mirrored of [false, true]) {
      const items = await tiled(
        { turn, mirrored },
        ...(mirrored ? [property.mirror("leftAndRight")] : []),
        property.turn(turn),
      );
      const shown = await read(heic(...items, { type: "Exif", data: exif, refersTo: { cdsc: [0] } }));
      assert.deepEqual([shown.width, shown.height], turn % 180 === 0 ? [180, 120] : [120, 180]);
      assertPatches(shown);
    }
  }
});

test("top and bottom exchanged, and a crop, are done as the file says", async () => {
  const upsideDown = await coded({ turn: 180, mirrored: true });
  assertPatches(await read(heic(having(upsideDown, property.mirror("topAndBottom")))));
  const framed = await coded({
    width: 132,
    height: 88,
    part: { left: -0.5, top: -0.5, width: 2, height: 2 },
  });
  const shown = await read(heic(having(framed, property.crop(66, 44, 0, 0))));
  assert.deepEqual([shown.width, shown.height], [66, 44]);
  assertPatches(shown);
});

test("tiles are decoded in a smaller size when less is wanted, and still fit together", async () => {
  const items = await tiled({}, property.turn(0));
  const shown = await read(heic(...items), 0.25);
  assert.deepEqual([shown.width, shown.height], [45, 30]);
  assertPatches(shown);
});

test("thumbnails, gain maps and derived pictures leave the main picture as it is", async () => {
  const main = await coded({});
  const other = await coded({ turn: 180 });
  const gainMap = having(other, property.purpose("urn:com:apple:photo:2020:aux:hdrgainmap"));
  const extras: HeifItem[] = [
    { ...other, refersTo: { thmb: [0] } },
    { ...gainMap, refersTo: { auxl: [0] } },
  ];
  assertPatches(await read(heic(main, ...extras)));
  const toneMapped: HeifItem = { type: "tmap", data: Buffer.alloc(4), refersTo: { dimg: [0, 1] } };
  const items = [main, gainMap, toneMapped];
  assertPatches(await read(heifOf({ brands: ["mif1", "heic"], items, primary: 2 })));
  const sideways = await coded({ width: 44, height: 66, turn: 90 });
  const turned: HeifItem = { type: "iden", properties: [property.turn(90)], refersTo: { dimg: [0] } };
  assertPatches(await read(heifOf({ brands: ["heic"], items: [sideways, turned], primary: 1 })));
});

test("what is transparent becomes white", async () => {
  const main = await coded({});
  const clear = await coded({ matrix: "bt709", part: { left: 9, top: 9, width: 1, height: 1 } });
  const urn = "urn:mpeg:mpegB:cicp:systems:auxiliary:alpha";
  const { rgb } = await read(
    heic(main, { ...having(clear, property.purpose(urn)), refersTo: { auxl: [0] } }),
  );
  assert.ok(rgb.every((value) => value > 245));
});

test("a cut-off file shows the tiles it has; with too few of them it is refused", async () => {
  const whole = heic(...(await tiled({})));
  const tiles = whole.length - whole.indexOf("mdat");
  const last = await read(whole.subarray(0, whole.length - Math.floor(tiles / 6)));
  assert.deepEqual([last.width, last.height], [180, 120]);
  await assert.rejects(read(whole.subarray(0, whole.length - Math.floor(tiles / 1.5))));
});

test("a picture with more pixels than allowed is refused before it is decoded", async () => {
  const item = await coded({});
  await assert.rejects(readHeif(heic(item), { scaleFor: () => 1, maxPixels: 1000 }), {
    name: "TooManyPixelsError",
  });
  const grid = { type: "grid", data: gridOf(1, 1, 60_000, 60_000), refersTo: { dimg: [1] } };
  await assert.rejects(readHeif(heic(grid, item), { scaleFor: () => 1, maxPixels: 1e8 }), {
    name: "TooManyPixelsError",
  });
});

test("damaged files are refused or shown, and never hang", async () => {
  const whole = heic(...(await tiled({}, property.turn(90))));
  await fc.assert(
    fc.asyncProperty(fc.nat(700), fc.nat(255), fc.nat(whole.length), async (at, byte, end) => {
      const bytes = Buffer.from(whole.subarray(0, end));
      if (at < bytes.length) bytes[at] = byte;
      await read(bytes).catch((error: unknown) => assert.ok(error instanceof Error));
    }),
    { numRuns: 60 },
  );
});
