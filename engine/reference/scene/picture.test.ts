import assert from "node:assert/strict";
import { test } from "node:test";
import {
  AV_FRAME_FLAG_INTERLACED,
  AV_PIX_FMT_YUV420P,
  AV_PIX_FMT_YUV420P10LE,
  AVCOL_TRC_ARIB_STD_B67,
  AVCOL_TRC_SMPTE2084,
} from "node-av/constants";
import { Frame } from "node-av/lib";
import sharp from "sharp";
import { upright } from "../frames/turn.ts";
import { developPicture } from "./picture.ts";

const shown = { timeSeconds: 0, damaged: false, turn: upright, pixelAspect: 1 };

async function rgbOf(jpeg: Buffer) {
  return await sharp(jpeg).removeAlpha().raw().toBuffer({ resolveWithObject: true });
}

/** An even grey of a 10-bit signal; `signal` from 0 (black) to 1 (peak). */
function grey10(signal: number): Frame {
  const [width, height] = [32, 32];
  const bytes = Buffer.alloc(width * height * 3);
  for (let at = 0; at < width * height; at++) bytes.writeUInt16LE(Math.round(64 + 876 * signal), at * 2);
  for (let at = width * height; at < bytes.length / 2; at++) bytes.writeUInt16LE(512, at * 2);
  return Frame.fromVideoBuffer(bytes, { width, height, format: AV_PIX_FMT_YUV420P10LE });
}

// ITU-R BT.2408, table 1: signals of an 18 % grey card and of reference white.
for (const [name, transfer, greyCard, white] of [
  ["HLG", AVCOL_TRC_ARIB_STD_B67, 0.38, 0.75],
  ["PQ", AVCOL_TRC_SMPTE2084, 0.38, 0.58],
] as const) {
  test(`${name}: a grey card stays mid grey and white stays just below the highlights`, async () => {
    const levels: number[] = [];
    for (const signal of [greyCard, white, 1]) {
      using frame = grey10(signal);
      frame.colorTrc = transfer;
      const { jpeg } = await developPicture({ ...shown, frame }, 32);
      levels.push((await rgbOf(jpeg)).data[0] ?? 0);
    }
    const [mid = 0, high = 0, peak = 0] = levels;
    assert.ok(mid > 95 && mid < 130, `grey card at ${mid}`);
    assert.ok(high > 200 && high < 240, `white at ${high}`);
    assert.ok(peak > high);
  });
}

test("an interlaced picture shows no combs", async () => {
  const [width, height] = [128, 64];
  const bytes = Buffer.alloc((width * height * 3) / 2, 128);
  for (let y = 0; y < height; y++) {
    // A bar that has moved by 16 pixels between the two fields.
    const left = y % 2 === 0 ? 40 : 56;
    for (let x = 0; x < width; x++) bytes[y * width + x] = x >= left && x < left + 24 ? 200 : 60;
  }
  using frame = Frame.fromVideoBuffer(bytes, { width, height, format: AV_PIX_FMT_YUV420P });
  const combs = async () => {
    const { data, info } = await rgbOf((await developPicture({ ...shown, frame }, 128)).jpeg);
    const at = (x: number, y: number) => data[(y * info.width + x) * info.channels] ?? 0;
    const steps = Array.from({ length: 20 }, (_, index) => Math.abs(at(48, 20 + index) - at(48, 21 + index)));
    return Math.max(...steps);
  };
  assert.ok((await combs()) > 80, "as it is stored");
  frame.setFlags(AV_FRAME_FLAG_INTERLACED);
  assert.ok((await combs()) < 30, "as it is shown");
});

test("a picture is never enlarged, and absurd pixel shapes are limited", async () => {
  using frame = Frame.fromVideoBuffer(Buffer.alloc(64 * 32 * 1.5, 100), {
    width: 64,
    height: 32,
    format: AV_PIX_FMT_YUV420P,
  });
  const sizeAt = async (longSide: number, pixelAspect: number) => {
    const { width, height } = await developPicture({ ...shown, frame, pixelAspect }, longSide);
    return [width, height];
  };
  assert.deepEqual(await sizeAt(1600, 1), [64, 32]);
  assert.deepEqual(await sizeAt(16, 1), [16, 8]);
  assert.deepEqual(await sizeAt(1600, 2), [128, 32]);
  assert.deepEqual(await sizeAt(1600, 0.5), [64, 64]);
  assert.deepEqual(await sizeAt(1600, 1e6), [256, 32]);
});
