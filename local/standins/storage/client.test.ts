import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { createReadStream, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { crc32cBase64 } from "./checksums.ts";
import { BUCKET, client, http, QUANTUM, start, temporaryDirectory } from "./harness.ts";

const { url } = await start();
const storage = client(url);
const bucket = storage.bucket(BUCKET);

const failsWith = (code: number) => (error: unknown) => {
  assert.equal((error as { code?: unknown }).code, code); // ApiError's shape is not exported as a value
  return true;
};

for (const resumable of [false, true]) {
  test(`save (resumable: ${resumable}) keeps bytes, type, metadata and checksums`, async () => {
    const bytes = randomBytes(700_001);
    const file = bucket.file(`saved ü/${resumable}.bin`);
    await file.save(bytes, {
      resumable,
      validation: "md5",
      metadata: { contentType: "video/mp4", cacheControl: "no-store", metadata: { kind: "scene" } },
    });
    const [metadata] = await bucket.file(file.name).getMetadata();
    assert.equal(metadata.size, "700001");
    assert.equal(metadata.contentType, "video/mp4");
    assert.equal(metadata.cacheControl, "no-store");
    assert.deepEqual(metadata.metadata, { kind: "scene" });
    assert.equal(metadata.metageneration, "1");
    assert.equal(metadata.storageClass, "STANDARD");
    assert.equal(metadata.md5Hash, createHash("md5").update(bytes).digest("base64"));
    assert.equal(metadata.crc32c, await crc32cBase64(bytes));
    assert.match(String(metadata.generation), /^\d{16}$/);
    assert.ok(Math.abs(Date.parse(metadata.timeCreated ?? "") - Date.now()) < 60_000);

    const [back] = await bucket.file(file.name).download({ validation: "crc32c" });
    assert.ok(back.equals(bytes));
    const [viaLink] = [await http("GET", metadata.mediaLink ?? "")];
    assert.ok(viaLink.body.equals(bytes));
  });
}

test("an empty object is stored and read", async () => {
  for (const resumable of [false, true]) {
    await bucket.file("empty").save("", { resumable });
    const [back] = await bucket.file("empty").download();
    assert.equal(back.length, 0);
  }
});

test("an upload in chunks of 256 KiB, and one of unknown length, arrive whole", async () => {
  const bytes = randomBytes(3 * QUANTUM + 17);
  await pipeline(
    Readable.from([bytes.subarray(0, 1000), bytes.subarray(1000)]),
    bucket.file("chunked").createWriteStream({ resumable: true, chunkSize: QUANTUM }),
  );
  assert.ok((await bucket.file("chunked").download())[0].equals(bytes));
  await pipeline(Readable.from([bytes]), bucket.file("streamed").createWriteStream({ resumable: true }));
  assert.ok((await bucket.file("streamed").download())[0].equals(bytes));
});

test("a file from disk is uploaded and a range of it is read, to the byte", async () => {
  const path = join(temporaryDirectory(), "video.mp4");
  const bytes = randomBytes(1_500_000);
  writeFileSync(path, bytes);
  await bucket.upload(path, { destination: "from-disk.mp4" });
  const file = bucket.file("from-disk.mp4");
  assert.equal((await file.getMetadata())[0].contentType, "video/mp4");
  assert.ok((await file.download({ start: 10, end: 4107 }))[0].equals(bytes.subarray(10, 4108)));
  const tail = await buffer(file.createReadStream({ start: 1_499_990 }));
  assert.ok(tail.equals(bytes.subarray(1_499_990)));
  assert.equal(await crc32cBase64(createReadStream(path)), (await file.getMetadata())[0].crc32c);
});

test("bytes that don't match the announced checksum are refused, and nothing is stored", async () => {
  await assert.rejects(
    bucket.file("wrong-sum").save("hello", {
      resumable: false,
      validation: false,
      metadata: { crc32c: "AAAAAA==" },
    }),
    /doesn't match calculated CRC32C/,
  );
  assert.deepEqual(await bucket.file("wrong-sum").exists(), [false]);
});

test("create-only refuses a second object; a matching generation replaces the first", async () => {
  const file = bucket.file("once");
  const createOnly = { resumable: false, preconditionOpts: { ifGenerationMatch: 0 } };
  await file.save("first", createOnly);
  await assert.rejects(file.save("second", createOnly), failsWith(412));
  await assert.rejects(file.save("second", { ...createOnly, resumable: true }), failsWith(412));
  assert.equal((await file.download())[0].toString(), "first");

  const { generation } = (await bucket.file("once").getMetadata())[0];
  const replace = { resumable: false, preconditionOpts: { ifGenerationMatch: Number(generation) } };
  await bucket.file("once").save("second", replace);
  await assert.rejects(bucket.file("once").save("third", replace), failsWith(412));
  const [after] = await bucket.file("once").getMetadata();
  assert.ok(Number(after.generation) > Number(generation));
  await assert.rejects(bucket.file("once", { generation: Number(generation) }).download(), failsWith(404));
  assert.equal(
    (await bucket.file("once", { generation: Number(after.generation) }).download())[0].toString(),
    "second",
  );
});

test("a missing object or bucket is 404 in Google's form; deleting twice too", async () => {
  await assert.rejects(bucket.file("missing").getMetadata(), {
    code: 404,
    message: `No such object: ${BUCKET}/missing`,
  });
  await assert.rejects(bucket.file("missing").download(), failsWith(404));
  await assert.rejects(storage.bucket("no-such-bucket").file("x").save("x", { resumable: false }), {
    code: 404,
    message: "The specified bucket does not exist.",
  });
  await assert.rejects(storage.bucket("no-such-bucket").getFiles(), failsWith(404));
  await bucket.file("short-lived").save("x");
  await assert.rejects(bucket.file("short-lived").delete({ ifGenerationMatch: 1 }), failsWith(412));
  await bucket.file("short-lived").delete();
  await assert.rejects(bucket.file("short-lived").delete(), failsWith(404));
  await bucket.file("short-lived").delete({ ignoreNotFound: true });
});

test("listing goes by prefix, offset and pages, in the order of UTF-8", async () => {
  const names = ["l/a", "l/b/1", "l/b/2", "l/c", "l/d/1", "l/é", "l/\u{1f600}", "l/\uffee"];
  for (const name of names) await bucket.file(name).save("x", { resumable: false });
  const list = async (query: object) => (await bucket.getFiles(query))[0].map(({ name }) => name);
  const sorted = names.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  assert.deepEqual(await list({ prefix: "l/" }), sorted);
  assert.deepEqual(await list({ prefix: "l/", maxResults: 3 }), sorted.slice(0, 3));
  assert.deepEqual(await list({ prefix: "l/b/" }), ["l/b/1", "l/b/2"]);
  assert.deepEqual(await list({ prefix: "l/b", startOffset: "l/b/2" }), ["l/b/2"]);
  assert.deepEqual(await list({ prefix: "l", startOffset: "m" }), []);

  const found: string[] = [];
  let pageToken: string | undefined;
  do {
    const [files, next] = await bucket.getFiles({
      prefix: "l/",
      maxResults: 3,
      autoPaginate: false,
      ...(pageToken === undefined ? {} : { pageToken }),
    });
    found.push(...files.map(({ name }) => name));
    pageToken = (next as { pageToken?: string } | null)?.pageToken; // typed as an empty object by the client
  } while (pageToken !== undefined);
  assert.deepEqual(found, sorted);
});

test("a gzipped object is handed out gzipped to a client that takes it, else unpacked", async () => {
  const file = bucket.file("zipped.txt");
  await file.save("hello ".repeat(1000), { gzip: true, contentType: "text/plain" });
  assert.equal((await file.download())[0].toString(), "hello ".repeat(1000));
  const raw = `${url}/b/${BUCKET}/o/zipped.txt?alt=media`;
  assert.equal((await http("GET", raw)).text, "hello ".repeat(1000));
  const zipped = await http("GET", raw, { "accept-encoding": "gzip" });
  assert.ok(zipped.body.equals(gzipSync("hello ".repeat(1000))) || zipped.body.length < 200);
});

test("plain requests to the API: full paths, and refusals that say why in JSON", async () => {
  const upload = `${url}/upload/storage/v1/b/${BUCKET}/o`;
  await bucket.file("plain").save("hi", { resumable: false });
  assert.equal((await http("GET", `${url}/storage/v1/b/${BUCKET}/o/plain?alt=media`)).text, "hi");
  const missing = await http("GET", `${url}/storage/v1/b/${BUCKET}/o/none`);
  assert.deepEqual(JSON.parse(missing.text), {
    error: {
      code: 404,
      message: `No such object: ${BUCKET}/none`,
      errors: [{ message: `No such object: ${BUCKET}/none`, domain: "global", reason: "notFound" }],
    },
  });
  const unchanged = `${url}/storage/v1/b/${BUCKET}/o/plain?ifGenerationNotMatch=`;
  const [{ generation }] = await bucket.file("plain").getMetadata();
  assert.equal((await http("GET", unchanged + generation)).status, 304);
  assert.equal((await http("GET", `${unchanged}1`)).status, 200);
  assert.equal((await http("POST", `${upload}?uploadType=resumable`, {}, "{}")).status, 400);
  assert.equal((await http("POST", `${upload}?uploadType=odd&name=x`, {}, "hi")).status, 400);
  assert.equal((await http("GET", `${url}/storage/v1/b/${BUCKET}/acl`)).status, 404);
  assert.equal((await http("POST", `${url}/storage/v1/b/${BUCKET}/o/plain`)).status, 405);
});

test("what Google has and nothing here uses is refused with 501, and changes nothing", async () => {
  const file = bucket.file("untouched");
  await file.save("x", { resumable: false });
  const refused: (() => Promise<unknown>)[] = [
    () => file.copy(bucket.file("copy")),
    () => bucket.combine(["untouched", "untouched"], "joined"),
    () => file.setMetadata({ contentType: "text/html" }),
    () => bucket.getMetadata(),
    () => storage.createBucket("another"),
    () => bucket.getFiles({ delimiter: "/" }),
  ];
  for (const ask of refused) await assert.rejects(ask, failsWith(501));
  const names = (await bucket.getFiles())[0].map(({ name }) => name);
  assert.ok(names.includes("untouched") && !names.includes("copy") && !names.includes("joined"));
});
