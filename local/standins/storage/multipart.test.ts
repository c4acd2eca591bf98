import assert from "node:assert/strict";
import { buffer } from "node:stream/consumers";
import { test } from "node:test";
import fc from "fast-check";
import { StorageError } from "./failure.ts";
import { readMultipart } from "./multipart.ts";

const TYPE = "multipart/related; boundary=xyz";

async function* pieces(bytes: Buffer, sizes: readonly number[]): AsyncGenerator<Buffer> {
  let at = 0;
  for (let i = 0; at < bytes.length; i += 1) {
    const size = sizes.length === 0 ? bytes.length : (sizes[i % sizes.length] ?? 1);
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

const message = (media: Buffer, metadata = "{}", end = "\r\n--xyz--") =>
  Buffer.concat([
    Buffer.from(
      `--xyz\r\nContent-Type: application/json\r\n\r\n${metadata}\r\n--xyz\r\ncontent-type: video/mp4\r\n\r\n`,
    ),
    media,
    Buffer.from(end),
  ]);

test("metadata and bytes are parted the same at any split of the stream", async () => {
  const lookalikes = fc.constantFrom("\r\n--xy", "\r\n-", "--xyz", "\r\n", "\r", "\r\n--xyy", "a");
  const media = fc.array(fc.oneof(lookalikes, fc.string()), { maxLength: 20 }).map((parts) => parts.join(""));
  const property = fc.asyncProperty(
    media.filter((text) => !text.includes("\r\n--xyz") && !text.startsWith("--xyz")),
    fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 5 }),
    async (text, sizes) => {
      const upload = await readMultipart(TYPE, pieces(message(Buffer.from(text), '{"name": "n"}'), sizes));
      assert.deepEqual(upload.metadata, { name: "n" });
      assert.equal(upload.mediaType, "video/mp4");
      assert.equal((await buffer(upload.media)).toString(), text);
    },
  );
  await fc.assert(property, { numRuns: 500 });
});

test("a quoted boundary, a preamble, an epilogue and empty media are read", async () => {
  const bytes = Buffer.concat([
    Buffer.from("preamble\r\n"),
    message(Buffer.alloc(0)),
    Buffer.from("\r\nepilogue"),
  ]);
  const upload = await readMultipart('Multipart/Related; type=a; boundary="xyz"', pieces(bytes, [3]));
  assert.equal((await buffer(upload.media)).length, 0);
});

test("what breaks off, lacks a part or a boundary, or hides a huge part is refused", async () => {
  const refused = async (type: string | undefined, bytes: Buffer) => {
    const read = async () => buffer((await readMultipart(type, pieces(bytes, [1000]))).media);
    await assert.rejects(
      read(),
      (error: unknown) => error instanceof StorageError && error.refusal.status === 400,
    );
  };
  await refused(undefined, message(Buffer.from("x")));
  await refused("multipart/related", message(Buffer.from("x")));
  await refused("multipart/form-data; boundary=xyz", message(Buffer.from("x")));
  await refused(TYPE, Buffer.alloc(0));
  await refused(TYPE, message(Buffer.from("x"), "{}", ""));
  await refused(TYPE, message(Buffer.from("x"), "{"));
  await refused(TYPE, message(Buffer.from("x"), `{"a": "${"x".repeat(2_000_000)}"}`));
  await refused(TYPE, Buffer.from("--xyz\r\nContent-Type: application/json\r\n\r\n{}\r\n--xyz--"));
  await refused(TYPE, Buffer.alloc(100_000, "a"));
});
