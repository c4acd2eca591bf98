import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { type FileFormat, fileFormats, hasContentType, hasEnding, START_BYTES } from "./fileFormats.ts";

const bytes = (latin1: string) => Buffer.from(latin1, "latin1");

/** The beginning of a file of each format that has one. */
const starts: Readonly<Partial<Record<keyof typeof fileFormats, readonly Buffer[]>>> = {
  glb: [bytes("glTF\x02\0\0\0")],
  vrm: [bytes("glTF\x02\0\0\0")],
  ply: [bytes("ply\nformat binary_little_endian 1.0\n"), bytes("ply\r\nformat ascii 1.0\r\n")],
  spz: [gzipSync(bytes(`NGSP\x02\0\0\0${"x".repeat(99)}`)), bytes("NGSP\x04\0\0\0")],
  sog: [bytes("PK\x03\x04")],
  fbx: [bytes("Kaydara FBX Binary  \0\x1a\0"), bytes("; FBX 7.4.0 project file\n")],
  png: [bytes("\x89PNG\r\n\x1a\n")],
  jpeg: [bytes("\xff\xd8\xff\xe0")],
  webp: [bytes("RIFF\x04\0\0\0WEBPVP8 ")],
  ktx2: [bytes("\xabKTX 20\xbb\r\n\x1a\n")],
  tiff: [bytes("II*\0"), bytes("MM\0*")],
  bmp: [bytes("BM")],
  dds: [bytes("DDS |")],
};

/** What `beginsWell` says of a format that can tell something. */
const begins = (name: keyof typeof fileFormats, start: Buffer, whole: boolean) =>
  (fileFormats[name].beginsWell ?? assert.fail(name))(start, whole);

test("a file is known by its first bytes, and one of another format isn't taken for it", () => {
  for (const [name, format] of Object.entries<FileFormat>(fileFormats)) {
    if (!format.beginsWell || name === "json") continue;
    const own = starts[name as keyof typeof starts] ?? assert.fail(name); // the names of fileFormats
    for (const start of own) assert.ok(format.beginsWell(start, false), name);
    for (const [other, theirs] of Object.entries(starts)) {
      if ([name, other].every((one) => one === "glb" || one === "vrm") || name === other) continue;
      for (const start of theirs) assert.ok(!format.beginsWell(start, false), `${other} as ${name}`);
    }
    assert.ok(!format.beginsWell(Buffer.alloc(0), true), name);
    assert.ok(!format.beginsWell(bytes("<!DOCTYPE html><script>"), true), name);
  }
});

test("a gzip stream of something else is no SPZ, whole or cut", () => {
  assert.ok(!begins("spz", gzipSync(bytes("a tar")), true));
  assert.ok(!begins("spz", gzipSync(Buffer.alloc(50_000_000)).subarray(0, START_BYTES), false));
  assert.ok(!begins("spz", bytes("\x1f\x8b\x08 broken"), false));
  const large = Buffer.concat([
    bytes("NGSP"),
    Buffer.from(Array.from({ length: 90_000 }, (_, n) => (n * n) % 251)),
  ]);
  assert.ok(begins("spz", gzipSync(large).subarray(0, START_BYTES), false));
});

test("small JSON is parsed; of a large one the beginning counts", () => {
  for (const text of ["{}", ' {"a": [1]}\n', "[1, 2]", "[]"])
    assert.ok(begins("json", Buffer.from(text), true), text);
  for (const text of [
    "",
    "{",
    "{a: 1}",
    '{"a": 1}x',
    "\ufeff{}",
    "<html>",
    "NaN",
    "0",
    "null",
    '"a"',
    '{"a": NaN}',
  ]) {
    assert.ok(!begins("json", Buffer.from(text), true), text);
  }
  for (const text of ['{"a": [1, 2', '[\n  {"b', "[[1", "[-1"])
    assert.ok(begins("json", Buffer.from(text), false), text);
  for (const text of ["<html>", "{a", "{1", "PK", "\0", "NaN"])
    assert.ok(!begins("json", Buffer.from(text), false), text);
});

test("any bytes get an answer", () => {
  const formats = Object.values<FileFormat>(fileFormats);
  fc.assert(
    fc.property(
      fc.constantFrom(...formats),
      fc.uint8Array({ maxLength: 64 }),
      fc.boolean(),
      (format, start, whole) => {
        assert.equal(typeof (format.beginsWell?.(Buffer.from(start), whole) ?? true), "boolean");
      },
    ),
  );
});

test("endings and content types are compared without case; endings are unique", () => {
  assert.ok(hasEnding(fileFormats.glb, "A.GLB"));
  assert.ok(!hasEnding(fileFormats.glb, "glb"));
  assert.ok(!hasEnding(fileFormats.glb, ".glb"));
  assert.ok(!hasEnding(fileFormats.glb, "a.glb.png"));
  assert.ok(hasContentType(fileFormats.json, "Application/JSON; charset=utf-8"));
  for (const rest of ["\0", "\r\nX-A: 1", "\n", "\ud800", "\x7f", "é", "\u2028", "x".repeat(100)])
    assert.ok(!hasContentType(fileFormats.png, `image/png;${rest}`), JSON.stringify(rest));
  const endings = Object.values<FileFormat>(fileFormats).flatMap((format) => format.endings);
  assert.equal(new Set(endings).size, endings.length);
});
