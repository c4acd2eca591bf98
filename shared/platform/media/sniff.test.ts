import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { isOneOf, photoTypes, typeOfEnding, usualName, videoTypes } from "./mediaTypes.ts";
import { FIRST_BYTES, sniffType } from "./sniff.ts";

/** An `ftyp` box. */
function brands(first: string, ...others: readonly string[]): Buffer {
  const box = Buffer.alloc(16 + 4 * others.length + 24);
  box.writeUInt32BE(16 + 4 * others.length, 0);
  box.write("ftyp", 4, "latin1");
  box.write(first, 8, "latin1");
  for (const [index, brand] of others.entries()) box.write(brand, 16 + 4 * index, "latin1");
  return box;
}

/** Bytes given in hexadecimal, and zeros up to `length`. */
function hex(text: string, length = 4096): Buffer {
  return Buffer.concat([Buffer.from(text.replaceAll(" ", ""), "hex"), Buffer.alloc(length)]).subarray(
    0,
    length,
  );
}

/** Packets of a transport stream of this length, the first cut by `cut` bytes. */
function packets(length: number, cut: number): Buffer {
  const bytes = Buffer.alloc(30 * length, 0x11);
  for (let packet = 0; packet < 30; packet++) bytes[packet * length + (length === 192 ? 4 : 0)] = 0x47;
  return bytes.subarray(cut);
}

function difBlocks(header: string): Buffer {
  const blocks = Buffer.alloc(FIRST_BYTES);
  blocks.write(header, 0, "hex");
  for (const [block, section] of [0x3f, 0x3f, 0x56, 0x56, 0x56].entries()) blocks[80 * (block + 1)] = section;
  return blocks;
}

const known: readonly (readonly [string, Buffer, string | undefined])[] = [
  ["an MP4", brands("isom", "iso2", "avc1", "mp41"), "video/mp4"],
  ["an MP4 in parts", brands("dash", "iso6"), "video/mp4"],
  ["an MP4 with a brand of sound", brands("M4A ", "mp42", "isom"), "audio/x-m4a"],
  ["an iTunes film", brands("M4V ", "mp42"), "video/x-m4v"],
  ["a QuickTime film", brands("qt  ", "qt  "), "video/quicktime"],
  ["a QuickTime film of the first years", hex("00000008 77696465 00001000 6d646174"), "video/quicktime"],
  ["a phone's film of 2005", brands("3gp5", "3gp4"), "video/3gpp"],
  ["a photo of an iPhone", brands("heic", "mif1", "MiHE", "MiPr", "miaf", "tmap"), "image/heic"],
  ["a photo whose first brand is mif1", brands("mif1", "heic"), "image/heif"],
  ["a photo whose first brand is unknown", brands("MiHB", "mif1", "heic"), "image/heif"],
  ["a burst of photos", brands("hevc", "msf1", "iso8"), "image/heic"],
  ["a program stream of MPEG-1", hex("000001ba 2100010001"), "video/mpeg"],
  ["a program stream of MPEG-2", hex("000001ba 4400040004"), "video/mpeg"],
  ["a program stream that begins with a packet", hex("000001e0 07ec81c0"), "video/mpeg"],
  ["a Video CD's file", hex("52494646 00010000 43445841 666d7420"), "video/mpeg"],
  ["a transport stream", packets(188, 0), "video/mp2t"],
  ["a camcorder's transport stream", packets(192, 0), "video/mp2t"],
  ["a transport stream cut within a packet", packets(188, 77), "video/mp2t"],
  ["Windows Media", hex("3026b2758e66cf11a6d900aa0062ce6c ffffffffffffff00"), "video/x-ms-asf"],
  ["Flash video", hex("464c5601 05 00000009"), "video/x-flv"],
  ["DV of the PAL countries", difBlocks("1f0700bf"), "video/x-dv"],
  ["DV of the NTSC countries", difBlocks("1f07003f"), "video/x-dv"],
  ["AVI", hex("52494646 00010000 41564920 4c495354"), "video/vnd.avi"],
  ["a PNG whose pixels come late", hex("89504e470d0a1a0a 0000ffff 69434350"), "image/png"],
  ["a TIFF whose directory is at its end", hex("49492a00 00ffffff"), "image/tiff"],
  ["the header of DV alone", hex("1f0700bf"), undefined],
  ["text", Buffer.from("Dear diary. ".repeat(200)), undefined],
  ["nothing", Buffer.alloc(0), undefined],
];

test("each container and brand is known by its first bytes; text is unknown", async () => {
  for (const [what, bytes, type] of known) assert.equal(await sniffType(bytes), type, what);
});

test("any bytes get an answer, also those that begin like something known", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...known.map(([, bytes]) => bytes)),
      fc.nat(64),
      fc.uint8Array({ maxLength: 300 }),
      async (bytes, kept, rest) => {
        const type = await sniffType(Buffer.concat([bytes.subarray(0, kept), rest]));
        assert.ok(type === undefined || /^[a-z]+\/[a-z0-9.+-]+$/.test(type), type);
      },
    ),
  );
});

test("a film may look like a sound of the same container, and like nothing else", () => {
  const videos = Object.keys(videoTypes);
  assert.ok(isOneOf(videos, "audio/x-m4a"));
  assert.ok(isOneOf(videos, "audio/x-ms-asf"));
  assert.ok(!isOneOf(videos, "audio/mpeg"));
  assert.ok(!isOneOf(Object.keys(photoTypes), "video/mp4"));
  assert.ok(!isOneOf(["video/webm"], "audio/x-m4a"));
});

test("a type has one usual name here, in any case and with any parameters", () => {
  assert.equal(usualName("Video/X-MSVideo"), "video/vnd.avi");
  assert.equal(usualName("audio/ogg; codecs=opus"), "audio/ogg");
  assert.equal(usualName("x/y"), "x/y");
});

test("a file's ending tells its usual type; an unknown or missing one tells none", () => {
  assert.equal(typeOfEnding("MOV00042.MPG"), "video/mpeg");
  assert.equal(typeOfEnding("a.b/holiday.HEIC"), "image/heic");
  assert.equal(typeOfEnding("notes.txt"), undefined);
  assert.equal(typeOfEnding("holiday"), undefined);
});
