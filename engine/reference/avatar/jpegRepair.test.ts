import assert from "node:assert/strict";
import { before, test } from "node:test";
import fc from "fast-check";
import sharp from "sharp";
import { drawnPatches } from "../testing/photoSamples.ts";
import { mendJpeg } from "./damagedPhoto.ts";
import { repairJpeg } from "./jpegRepair.ts";

let whole: Buffer;
let progressive: Buffer;

before(async () => {
  whole = await drawnPatches(480, 640).jpeg({ quality: 95 }).toBuffer();
  progressive = await drawnPatches(480, 640).jpeg({ quality: 95, progressive: true }).toBuffer();
});

/** Whether a strict decoder reads it. */
async function isSound(bytes: Buffer): Promise<boolean> {
  const decoded = sharp(bytes, { failOn: "error" }).raw().toBuffer();
  return await decoded.then(
    () => true,
    () => false,
  );
}

test("a sound JPEG stays as it is; what is behind its end goes", () => {
  for (const bytes of [whole, progressive]) {
    assert.deepEqual(repairJpeg(bytes, "believed"), bytes);
    assert.deepEqual(
      repairJpeg(Buffer.concat([bytes, Buffer.from("a film\xff\xda", "latin1")]), "believed"),
      bytes,
    );
  }
});

test("a missing end is added, and invalid markers before the pixels are left out", async () => {
  assert.deepEqual(repairJpeg(whole.subarray(0, -2), "believed"), whole);
  for (const marker of ["ff02", "ff020004abcd", "ffbf", "fff00003aa", "1234ff"]) {
    const bytes = Buffer.concat([whole.subarray(0, 2), Buffer.from(marker, "hex"), whole.subarray(2)]);
    assert.deepEqual(repairJpeg(bytes, "believed"), whole, marker);
  }
});

test("an invalid marker among the pixels ends nothing: a decoder reads on", async () => {
  const bytes = Buffer.from(whole);
  const middle = Math.floor(bytes.length * 0.7);
  for (const [at, code] of [0x02, 0xc5, 0xe1, 0xfe].entries()) bytes.set([0xff, code], middle + 20 * at);
  const repaired = repairJpeg(bytes, "believed");
  assert.equal(repaired.length, whole.length);
  const { info } = await sharp(repaired, { failOn: "truncated" }).raw().toBuffer({ resolveWithObject: true });
  assert.deepEqual([info.width, info.height], [480, 640]);
});

test("any bytes can be repaired, which ends with the marker of the end", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(whole.length), (bytes, kept) => {
      const repaired = repairJpeg(Buffer.concat([whole.subarray(0, kept), bytes]), "believed");
      assert.equal(repaired.toString("hex", repaired.length - 2), "ffd9");
    }),
  );
});

/** Lines of noise, as a photo has: no two pixels are the same. */
async function noise(options: { progressive?: boolean } = {}): Promise<Buffer> {
  const pixels = Buffer.alloc(320 * 240 * 3);
  for (let at = 0; at < pixels.length; at++) pixels[at] = (at * 2_654_435_761) >>> 24;
  return await sharp(pixels, { raw: { width: 320, height: 240, channels: 3 } })
    .withMetadata({ orientation: 6 })
    .jpeg({ quality: 80, ...options })
    .toBuffer();
}

test("a cut-off photo keeps its lines and its turn; at most a third may be missing", async () => {
  const photo = await noise();
  const most = await mendJpeg(photo.subarray(0, Math.floor(photo.length * 0.8)), 1e7);
  assert.equal(await isSound(most), true);
  const { width, height, orientation } = await sharp(most).metadata();
  assert.deepEqual([width, orientation], [320, 6]);
  assert.ok(height > 170 && height < 195, `${height} lines`);
  await assert.rejects(mendJpeg(photo.subarray(0, Math.floor(photo.length * 0.5)), 1e7), /missing/);
});

test("a sound photo is given back byte for byte, also one whose lower half is grey", async () => {
  const photo = await noise();
  assert.equal(await mendJpeg(photo, 1e7), photo);
  const grey = await sharp({ create: { width: 64, height: 64, channels: 3, background: "#808080" } })
    .jpeg()
    .toBuffer();
  assert.equal(await mendJpeg(grey, 1e7), grey);
});

test("the marker of the end in the middle of the pixels loses less than a third", async () => {
  const photo = Buffer.from(await noise());
  photo.set([0xff, 0xd9], Math.floor(photo.length / 2));
  for (const bytes of [photo, photo.subarray(0, -2)]) {
    const { height } = await sharp(await mendJpeg(bytes, 1e7)).metadata();
    assert.ok(height > 160, `${height} lines`);
  }
});

test("a progressive photo cut off is shown with less detail, without losing lines", async () => {
  const photo = await noise({ progressive: true });
  const { height } = await sharp(await mendJpeg(photo.subarray(0, photo.length * 0.6), 1e7)).metadata();
  assert.equal(height, 240);
});
