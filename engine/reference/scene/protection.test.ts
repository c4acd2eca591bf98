import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { makeTestVideo, type TestVideo } from "../testing/testVideo.ts";
import { isProtected } from "./protection.ts";
import { Video } from "./video.ts";

let directory: string;

before(async () => {
  directory = await mkdtemp(join(tmpdir(), "protection-test-"));
});
after(() => rm(directory, { recursive: true, force: true }));

const small = { width: 128, height: 96, secondsPerView: 0.2 };

/** Puts one value in the place of another, which must be there. */
function replacing(from: string, to: string, encoding: BufferEncoding): (bytes: Buffer) => void {
  return (bytes) => {
    const at = bytes.indexOf(from, 0, encoding);
    assert.ok(at > 0, `no ${from}`);
    bytes.write(to, at, encoding);
  };
}

function scramblePackets(bytes: Buffer): void {
  for (let at = 0; at + 188 <= bytes.length; at += 188) bytes[at + 3] = (bytes[at + 3] ?? 0) | 0x80;
}

function scrambleStream(bytes: Buffer): void {
  const packet = Buffer.from("000001e0", "hex");
  for (let at = bytes.indexOf(packet); at >= 0; at = bytes.indexOf(packet, at + 4)) {
    bytes[at + 6] = (bytes[at + 6] ?? 0) | 0x30;
  }
}

const CODEC_LIST = "4052d1861d31d011a3a400a0c90348f6";
/** How each is made out of one without protection. */
const protections: readonly (readonly [string, TestVideo, (bytes: Buffer) => void])[] = [
  ["common-encryption.mp4", small, replacing("avc1\0\0\0\0", "encv", "latin1")],
  [
    "stream.mp4",
    { ...small, muxerOptions: { movflags: "frag_keyframe+empty_moov" } },
    replacing("avc1\0\0\0\0", "encv", "latin1"),
  ],
  ["bought.m4v", { ...small, container: "mp4" }, replacing("avc1\0\0\0\0", "drmi", "latin1")],
  [
    "rented.wmv",
    { ...small, encoder: "wmv2" },
    replacing(CODEC_LIST, "14e68a292226174cb935dae07ee9289c", "hex"),
  ],
  [
    "old-licence.wmv",
    { ...small, encoder: "wmv2" },
    replacing(CODEC_LIST, "fbb3112223bdd211b4b700a0c955fc6e", "hex"),
  ],
  ["set-top-box.ts", { ...small, encoder: "mpeg2video" }, scramblePackets],
  ["film.vob", { ...small, encoder: "mpeg2video" }, scrambleStream],
];

for (const [name, video, protect] of protections) {
  test(`${name}: protected pictures have a sentence of their own; without it they open`, async () => {
    const path = join(directory, name);
    await makeTestVideo(path, video);
    assert.equal(await isProtected(path), false);
    await (await Video.open(path, 1e6))[Symbol.asyncDispose]();
    const bytes = await readFile(path);
    protect(bytes);
    await writeFile(path, bytes);
    await assert.rejects(Video.open(path, 1e6), {
      code: "video_protected",
      retryable: false,
      message: /copy-protected.*choose/,
    });
  });
}

test("files of every other sort aren't protected, with any content", async () => {
  for (const bytes of [Buffer.alloc(0), Buffer.alloc(5000, 0x47), Buffer.from("moov".repeat(3000))]) {
    const path = join(directory, "other");
    await writeFile(path, bytes);
    assert.equal(await isProtected(path), false);
  }
});
