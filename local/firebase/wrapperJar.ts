/** Writes a jar that only names another one's main class, so that `java -jar` can start a jar that names none. */
import { writeFileSync } from "node:fs";
import { crc32 } from "node:zlib";

/**
 * Writes `file` as a jar with nothing but a manifest.
 * @param classPath URLs of the jars that hold the classes
 */
export function writeWrapperJar(file: string, mainClass: string, classPath: readonly URL[]): void {
  const manifest = [
    "Manifest-Version: 1.0",
    ...wrapped(`Main-Class: ${mainClass}`),
    ...wrapped(`Class-Path: ${classPath.map((url) => url.href).join(" ")}`),
    "",
    "",
  ].join("\r\n");
  writeFileSync(file, zipOfOne("META-INF/MANIFEST.MF", Buffer.from(manifest)));
}

/** A manifest line holds at most 72 bytes; the rest goes on lines that begin with a space (JAR File Specification). */
function wrapped(line: string): string[] {
  const lines = [line.slice(0, 70)];
  for (let at = 70; at < line.length; at += 69) lines.push(` ${line.slice(at, at + 69)}`);
  return lines;
}

/** A zip archive with one uncompressed entry (PKWARE APPNOTE 4.3): local header, bytes, central directory, its end. */
function zipOfOne(name: string, content: Buffer): Buffer {
  const path = Buffer.from(name);
  const shared = Buffer.alloc(26); // the fields that local header and central directory have in common
  shared.writeUInt16LE(10, 0); // version needed: 1.0
  shared.writeUInt16LE(0x21, 8); // date: 1 January 1980, the earliest there is
  shared.writeUInt32LE(crc32(content), 10);
  shared.writeUInt32LE(content.length, 14); // compressed
  shared.writeUInt32LE(content.length, 18); // uncompressed
  shared.writeUInt16LE(path.length, 22);

  const local = Buffer.concat([signature(0x04034b50), shared, path, content]);
  const madeBy = Buffer.from([10, 0]);
  const noComment = Buffer.alloc(14); // comment, disk, attributes, offset of the local header: all 0
  const directory = Buffer.concat([signature(0x02014b50), madeBy, shared, noComment, path]);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(1, 4); // entries on this disk
  end.writeUInt16LE(1, 6); // entries
  end.writeUInt32LE(directory.length, 8);
  end.writeUInt32LE(local.length, 12); // where the directory begins
  return Buffer.concat([local, directory, signature(0x06054b50), end]);
}

function signature(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
