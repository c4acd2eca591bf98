import assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import sharp from "sharp";
import { ConversionError } from "#engine/reference/conversionError.ts";
import { runConversion } from "#engine/reference/runConversion.ts";
import { makeDemoPhotos } from "#local/demo/video.ts";
import { faultsOf, readGlb } from "../testing/glb.ts";
import { codedItem, gridOf, type HeifItem, heifOf, property } from "../testing/heifBuilder.ts";
import { photoSamples } from "../testing/photoSamples.ts";
import { isUpright } from "../testing/testVideo.ts";

let directory: string;
let cases = 0;
let demo: { face: string; body: string };

before(async () => {
  directory = await mkdtemp(join(tmpdir(), "avatar-test-"));
  demo = await makeDemoPhotos(directory);
});
after(() => rm(directory, { recursive: true, force: true }));

async function convert(inputs: Record<string, string>, params: Record<string, unknown> = {}) {
  const outDir = join(directory, `out-${cases++}`);
  await mkdir(outDir);
  const { files, peakResidentBytes } = await runConversion({ kind: "avatar", inputs, params, outDir });
  assert.deepEqual(
    files.map(({ name, contentType }) => [name, contentType]),
    [["avatar.glb", "model/gltf-binary"]],
  );
  const glb = await readFile(join(outDir, "avatar.glb"));
  return { glb, document: await readGlb(glb), peakResidentBytes };
}

/** Lowest and highest point of a node's own mesh, with its translation. */
function heightsOf(document: Awaited<ReturnType<typeof readGlb>>, name: string): readonly [number, number] {
  const node = document
    .getRoot()
    .listNodes()
    .find((candidate) => candidate.getName() === name);
  const positions = node?.getMesh()?.listPrimitives()[0]?.getAttribute("POSITION");
  assert.ok(node && positions);
  const rise = node.getTranslation()[1];
  return [(positions.getMin([])[1] ?? 0) + rise, (positions.getMax([])[1] ?? 0) + rise];
}

/** A photo whose corners show how it is turned. */
async function markedPhoto(name: string, turnTag: number): Promise<string> {
  const corner = (x: number, y: number, colour: string) =>
    `<rect x="${x}" y="${y}" width="150" height="200" fill="${colour}"/>`;
  const picture = sharp(
    Buffer.from(
      `<svg xmlns="http://www.w3.org/2000/svg" width="600" height="800"><rect width="600" height="800" fill="#777"/>${corner(0, 0, "#d02020")}${corner(450, 0, "#20a020")}${corner(0, 600, "#2040d0")}${corner(450, 600, "#e8e8e8")}</svg>`,
    ),
  ).flatten();
  const path = join(directory, name);
  // EXIF 6: the camera was held so that the picture must be turned clockwise by 90°.
  const turned = turnTag === 6 ? sharp(await picture.png().toBuffer()).rotate(-90) : picture;
  await turned.withMetadata({ orientation: turnTag }).toFile(path);
  return path;
}

for (const [gender, height] of [
  ["female", 1.63],
  ["male", 1.75],
  ["neutral", 1.69],
] as const) {
  test(`a ${gender} figure is ${height} m tall, with the portrait beside its head`, async () => {
    const { glb, document } = await convert(demo, { gender });
    assert.deepEqual(await faultsOf(glb), []);
    const body = heightsOf(document, "Body");
    assert.deepEqual(
      body.map((metres) => Math.round(metres * 100) / 100),
      [0, height],
    );
    const [faceBottom, faceTop] = heightsOf(document, "Face");
    assert.ok(faceBottom > height / 2 && faceTop <= height + 0.01);
    assert.equal(document.getRoot().listTextures().length, 2);
  });
}

test("photos of every format are shown upright", async () => {
  for (const name of ["plain.png", "plain.webp", "plain.jpg", "plain.avif"]) {
    const photo = await markedPhoto(name, 1);
    const { document } = await convert({ face: photo, body: photo });
    for (const texture of document.getRoot().listTextures()) {
      assert.equal(texture.getMimeType(), "image/jpeg");
      assert.equal(await isUpright(texture.getImage() ?? new Uint8Array()), true, name);
    }
  }
  const held = await markedPhoto("held.jpg", 6);
  const { document } = await convert({ face: held, body: held });
  for (const texture of document.getRoot().listTextures()) {
    const jpeg = texture.getImage() ?? new Uint8Array();
    const { width, height } = await sharp(jpeg).metadata();
    assert.ok(width < height);
    assert.equal(await isUpright(jpeg), true);
  }
});

test("seen from behind, the pictures aren't mirrored", async () => {
  const { document } = await convert(demo);
  const body = document
    .getRoot()
    .listNodes()
    .find((node) => node.getName() === "Body");
  const primitive = body?.getMesh()?.listPrimitives()[0];
  const numbers = (attribute: string, index: number) =>
    primitive?.getAttribute(attribute)?.getElement(index, []) ?? [];
  assert.equal(primitive?.getAttribute("POSITION")?.getCount(), 8);
  for (let index = 0; index < 8; index++) {
    const x = numbers("POSITION", index)[0] ?? 0;
    const facing = numbers("NORMAL", index)[2] ?? 0;
    const u = numbers("TEXCOORD_0", index)[0] ?? 0;
    // Seen from the front, +x is on the right; seen from the back, it is on the left.
    assert.equal(u > 0.5, x * facing > 0);
  }
});

test("an unreadable photo fails with a sentence that names it; nothing is made", async () => {
  const half = join(directory, "half.jpg");
  const whole = await readFile(demo.face);
  await writeFile(half, whole.subarray(0, whole.length / 2));
  const text = join(directory, "text.jpg");
  await writeFile(text, "no photo");
  const tiles = join(directory, "few-tiles.heic");
  const photo = await photoSamples["image/heic"][0]?.[1](join(directory, "scratch.mp4"));
  assert.ok(photo);
  await writeFile(
    tiles,
    photo.subarray(0, photo.indexOf("mdat") + Math.floor((photo.length - photo.indexOf("mdat")) / 3)),
  );
  const expected = [
    [{ ...demo, face: tiles }, "photo_unreadable", /face photo/],
    [{ ...demo, face: half }, "photo_unreadable", /face photo/],
    [{ ...demo, body: text }, "photo_unreadable", /body photo/],
    [{ face: demo.face }, "input_missing", /Both photos/],
  ] as const;
  for (const [inputs, code, message] of expected) {
    await assert.rejects(convert(inputs), (error) => {
      assert.ok(error instanceof ConversionError, String(error));
      assert.equal(error.code, code);
      assert.match(error.message, message);
      return true;
    });
  }
  await assert.rejects(convert(demo, { gender: "robot" }), { code: "params_invalid" });
});

test("200 megapixels, as JPEG and as HEIC in tiles, take less than 700 MB", async () => {
  const size = { width: 16_320, height: 12_240 };
  const plain = join(directory, "200.jpg");
  await sharp({ create: { ...size, channels: 3, background: "#b2281e" }, limitInputPixels: false })
    .jpeg()
    .toFile(plain);
  const tiled = join(directory, "200.heic");
  const [columns, rows, side] = [32, 24, 512];
  const tile = await codedItem(join(directory, "tile.mp4"), {
    ...{ width: side, height: side, range: "pc", matrix: "smpte170m", transfer: "iec61966-2-1" },
    encoderOptions: { "x265-params": "log-level=error:pools=1:frame-threads=1:bframes=0" },
  });
  const grid: HeifItem = {
    type: "grid",
    data: gridOf(rows, columns, size.width, size.height),
    properties: [property.size(size.width, size.height)],
    refersTo: { dimg: Array.from({ length: columns * rows }, (_, index) => index + 1) },
  };
  const tiles = Array.from({ length: columns * rows }, () => tile);
  await writeFile(tiled, heifOf({ brands: ["heic", "mif1"], items: [grid, ...tiles] }));
  const { document, peakResidentBytes } = await convert({ face: plain, body: tiled });
  assert.equal(document.getRoot().listTextures().length, 2);
  assert.ok(peakResidentBytes < 700e6, `${Math.round(peakResidentBytes / 1e6)} MB`);
});
