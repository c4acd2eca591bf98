import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { writeWrapperJar } from "./wrapperJar.ts";

test("a wrapper jar is a zip with one manifest, its long lines continue after a space", () => {
  const dir = mkdtempSync(join(tmpdir(), "reverie-jar-"));
  try {
    const file = join(dir, "wrapper.jar");
    const target = pathToFileURL(`/a long way/${"x".repeat(150)}/emulator.jar`);
    writeWrapperJar(file, "com.example.Main", [target]);
    const bytes = readFileSync(file);

    // PKWARE APPNOTE 4.3.16: the end of the central directory, without a comment, is the last 22 bytes.
    const end = bytes.subarray(-22);
    assert.equal(end.readUInt32LE(0), 0x06054b50);
    assert.equal(end.readUInt16LE(10), 1);
    const directory = bytes.subarray(end.readUInt32LE(16), end.readUInt32LE(16) + end.readUInt32LE(12));
    assert.equal(directory.readUInt32LE(0), 0x02014b50);
    assert.equal(directory.subarray(46).toString(), "META-INF/MANIFEST.MF");
    assert.equal(bytes.readUInt32LE(0), 0x04034b50);
    const size = bytes.readUInt32LE(22);
    const manifest = bytes.subarray(30 + 20, 30 + 20 + size).toString();

    const lines = manifest.split("\r\n");
    assert.ok(lines.every((line) => line.length <= 72));
    const joined = manifest.replaceAll("\r\n ", "");
    assert.ok(joined.includes("Main-Class: com.example.Main\r\n"));
    assert.ok(joined.includes(`Class-Path: ${target.href}\r\n`));
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});
