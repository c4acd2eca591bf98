import assert from "node:assert/strict";
import { test } from "node:test";
import { type Described, judgeFile, titleOf } from "./files.ts";

const bytes = (text: string) => Uint8Array.from(text, (letter) => letter.charCodeAt(0));
const MP4 = bytes("\0\0\0\x18ftypmp42");

function file(overrides: Partial<Described> = {}): Described {
  return { name: "garden.mp4", type: "video/mp4", size: 1000, head: MP4, ...overrides };
}

test("a film is known by its ending, or else by the type that the browser names", () => {
  assert.deepEqual(judgeFile("video", file()), { contentType: "video/mp4" });
  assert.deepEqual(judgeFile("video", file({ name: "A.MOV", type: "" })), { contentType: "video/quicktime" });
  assert.deepEqual(judgeFile("video", file({ name: "film", type: "video/mp4; codecs=avc1" })), {
    contentType: "video/mp4",
  });
});

test("a wrong file is refused with the first thing that is wrong", () => {
  const of = (sort: "video" | "photo", overrides: Partial<Described>) => judgeFile(sort, file(overrides));
  assert.deepEqual(of("video", { name: "letter.pdf", type: "application/pdf" }), { problem: "not_video" });
  assert.deepEqual(of("video", { name: "face.jpg", type: "image/jpeg" }), { problem: "not_video" });
  assert.deepEqual(of("photo", {}), { problem: "not_photo" });
  assert.deepEqual(of("video", { size: 0, head: new Uint8Array() }), { problem: "empty" });
  assert.deepEqual(of("video", { size: 8 * 1024 ** 3 + 1 }), { problem: "too_large" });
  assert.deepEqual(of("photo", { name: "a.png", size: 64 * 1024 ** 2 + 1 }), { problem: "too_large" });
  assert.deepEqual(of("video", { head: bytes("hello, world") }), { problem: "damaged" });
  assert.deepEqual(of("photo", { name: "a.jpg", head: bytes("\x89PNG\r\n\x1a\n") }), { problem: "damaged" });
});

test("every photo that phones make is taken by its first bytes", () => {
  const photos: [string, Uint8Array][] = [
    ["a.jpg", bytes("\xff\xd8\xff\xe1")],
    ["a.png", bytes("\x89PNG\r\n\x1a\n")],
    ["a.heic", bytes("\0\0\0\x18ftypheic")],
    ["a.webp", bytes("RIFF\0\0\0\0WEBP")],
  ];
  for (const [name, head] of photos)
    assert.ok("contentType" in judgeFile("photo", file({ name, type: "", head })), name);
});

test("what a camera names becomes no title, what a person names does", () => {
  for (const name of [
    "IMG_2031.MOV",
    "20260501_101112.mp4",
    "VID-20260501.mp4",
    "PXL_20260101_101010.mp4",
    "123.mp4",
  ])
    assert.equal(titleOf(name), "", name);
  assert.equal(titleOf("Garden_in May.mp4"), "Garden in May");
  assert.equal(titleOf("할머니 정원.mov"), "할머니 정원");
});
