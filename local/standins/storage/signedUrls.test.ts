import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { readdirSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import type { GetSignedUrlConfig } from "@google-cloud/storage";
import { crc32cBase64 } from "./checksums.ts";
import { BUCKET, client, eventually, http, signByHand, start, temporaryDirectory } from "./harness.ts";

const dataDir = temporaryDirectory();
const started = Date.now();
let ahead = 0;
const CORS = {
  origins: ["http://app.example"],
  methods: ["PUT"],
  headers: ["Content-Type", "x-goog-if-generation-match"],
  maxAgeSeconds: 60,
};
const { url, port } = await start({
  dataDir,
  buckets: [{ name: BUCKET, cors: CORS }],
  clock: () => new Date(Date.now() + ahead),
});
const bucket = client(url).bucket(BUCKET);

const CREATE = { "x-goog-if-generation-match": "0", "x-goog-content-length-range": "1,100000" };
const MP4 = { "content-type": "video/mp4" };

async function sign(name: string, config: Partial<GetSignedUrlConfig> = {}): Promise<string> {
  const [signed] = await bucket
    .file(name)
    .getSignedUrl({ version: "v4", action: "read", expires: Date.now() + 600_000, ...config });
  return signed;
}
const signPut = (name: string, extensionHeaders: Record<string, string> = {}) =>
  sign(name, { action: "write", contentType: "video/mp4", extensionHeaders });
const exists = async (name: string) => (await bucket.file(name).exists())[0];
const read = async (name: string) => (await bucket.file(name).download())[0].toString();

test("a signed PUT stores bytes, type and metadata; a signed GET gives them back", async () => {
  const bytes = randomBytes(50_000);
  const headers = { ...CREATE, "x-goog-meta-kind": "scene" };
  const put = await http("PUT", await signPut("put/a b.mp4", headers), { ...MP4, ...headers }, bytes);
  assert.equal(put.status, 200, put.text);
  assert.equal(put.body.length, 0);
  const md5 = createHash("md5").update(bytes).digest("base64");
  const hash = `crc32c=${await crc32cBase64(bytes)},md5=${md5}`;
  const etag = `"${Buffer.from(md5, "base64").toString("hex")}"`;
  assert.equal(put.headers["x-goog-hash"], hash);
  assert.equal(put.headers.etag, etag);
  assert.equal(put.headers["x-goog-stored-content-length"], "50000");
  const [metadata] = await bucket.file("put/a b.mp4").getMetadata();
  assert.equal(metadata.generation, put.headers["x-goog-generation"]);
  assert.deepEqual([metadata.contentType, metadata.metadata], ["video/mp4", { kind: "scene" }]);

  const get = await http("GET", await sign("put/a b.mp4"));
  assert.equal(get.status, 200);
  assert.ok(get.body.equals(bytes));
  const wanted = {
    "content-type": "video/mp4",
    "content-length": "50000",
    "x-goog-generation": metadata.generation,
    "x-goog-hash": hash,
    "x-goog-stored-content-length": "50000",
    "x-goog-stored-content-encoding": "identity",
    "x-goog-meta-kind": "scene",
    "accept-ranges": "bytes",
    etag,
  };
  for (const [name, value] of Object.entries(wanted)) assert.equal(get.headers[name], value, name);
});

test("a URL of one generation reads those bytes only, and can't be turned to others", async () => {
  await bucket.file("pinned").save("first", { resumable: false });
  const [{ generation = "" }] = await bucket.file("pinned").getMetadata();
  const [pinned] = await bucket
    .file("pinned", { generation })
    .getSignedUrl({ version: "v4", action: "read", expires: Date.now() + 600_000 });
  assert.equal((await http("GET", pinned)).text, "first");
  await bucket.file("pinned").save("second", { resumable: false });
  assert.equal((await http("GET", await sign("pinned"))).text, "second");
  assert.equal((await http("GET", pinned)).status, 404);
  const [other] = await bucket.file("pinned").getMetadata();
  const turned = pinned.replace(`generation=${generation}`, `generation=${other.generation}`);
  assert.notEqual(turned, pinned);
  assert.equal((await http("GET", turned)).status, 403);
});

test("ranges are 206, beyond the end 416; HEAD and a matching tag give headers only", async () => {
  await bucket.file("ranged").save("0123456789", { resumable: false });
  const get = await sign("ranged");
  const ranges: [string, string, string][] = [
    ["bytes=2-4", "234", "bytes 2-4/10"],
    ["bytes=7-", "789", "bytes 7-9/10"],
    ["bytes=-2", "89", "bytes 8-9/10"],
    ["bytes=-99", "0123456789", "bytes 0-9/10"],
    ["bytes=8-99", "89", "bytes 8-9/10"],
  ];
  for (const [range, text, contentRange] of ranges) {
    const answer = await http("GET", get, { range });
    assert.deepEqual(
      [answer.status, answer.text, answer.headers["content-range"]],
      [206, text, contentRange],
    );
  }
  for (const range of ["bytes=3-1", "lines=1-2", "bytes=", "bytes=1-2,4-5", "bytes=-"]) {
    assert.deepEqual((await http("GET", get, { range })).text, "0123456789", range);
  }
  for (const range of ["bytes=10-", "bytes=10-20", "bytes=-0"]) {
    const answer = await http("GET", get, { range });
    assert.deepEqual(
      [answer.status, answer.code, answer.headers["content-range"]],
      [416, "InvalidRange", "bytes */10"],
    );
  }
  const head = await http("HEAD", url + signByHand("HEAD", new URL(url).host, `/${BUCKET}/ranged`));
  assert.deepEqual([head.status, head.headers["content-length"], head.body.length], [200, "10", 0]);
  assert.equal((await http("HEAD", get)).status, 403);
  const { etag = "" } = (await http("GET", get)).headers;
  assert.equal((await http("GET", get, { "if-none-match": etag })).status, 304);
  assert.equal((await http("GET", get, { "if-match": '"other"' })).status, 412);
  assert.equal((await http("GET", get, { range: "bytes=1-1", "if-range": '"other"' })).status, 200);
});

test("signed headers for the answer are set; unsigned ones break the signature", async () => {
  await bucket.file("named").save("x", { resumable: false, metadata: { contentType: "model/gltf-binary" } });
  const url = await sign("named", { promptSaveAs: "our garden ü.glb", responseType: "text/plain" });
  const answer = await http("GET", url);
  assert.equal(answer.headers["content-disposition"], 'attachment; filename="our garden Ã¼.glb"');
  assert.equal(answer.headers["content-type"], "text/plain");
  const forged = await http("GET", `${await sign("named")}&response-content-type=text%2Fhtml`);
  assert.deepEqual([forged.status, forged.code], [403, "SignatureDoesNotMatch"]);
});

test("another method, path, type, range or no signature stores nothing", async () => {
  const put = await signPut("guarded", CREATE);
  const headers = { ...MP4, ...CREATE };
  const refused: [string, string, Record<string, string>, number, string][] = [
    ["POST", put, headers, 403, "SignatureDoesNotMatch"],
    ["GET", put, headers, 403, "SignatureDoesNotMatch"],
    ["DELETE", put, headers, 403, "SignatureDoesNotMatch"],
    ["PUT", put.replace("guarded", "guarded2"), headers, 403, "SignatureDoesNotMatch"],
    [
      "PUT",
      put.replace(/X-Goog-Expires=\d+/, "X-Goog-Expires=604800"),
      headers,
      403,
      "SignatureDoesNotMatch",
    ],
    ["PUT", put, { ...headers, "content-type": "text/html" }, 403, "SignatureDoesNotMatch"],
    ["PUT", put, { ...headers, "x-goog-content-length-range": "0,999999" }, 403, "SignatureDoesNotMatch"],
    ["PUT", put, { ...MP4, "x-goog-if-generation-match": "0" }, 400, "MalformedSecurityHeader"],
    ["PUT", put, { ...headers, "x-goog-acl": "public-read" }, 400, "MalformedSecurityHeader"],
    ["PUT", put, CREATE, 400, "MalformedSecurityHeader"],
    ["PUT", put.replace(/\?.*/, ""), headers, 403, "AccessDenied"],
    ["PUT", put.replace(/\?.*/, ""), { ...headers, authorization: "Bearer x" }, 403, "AccessDenied"],
    ["GET", `${url}/${BUCKET}/guarded`, {}, 403, "AccessDenied"],
  ];
  for (const [method, target, sent, status, code] of refused) {
    const answer = await http(
      method,
      target,
      sent,
      method === "GET" || method === "DELETE" ? undefined : "bytes",
    );
    assert.deepEqual([answer.status, answer.code], [status, code], `${method} ${JSON.stringify(sent)}`);
    assert.equal(answer.headers["content-type"], "application/xml; charset=UTF-8");
  }
  assert.equal(await exists("guarded"), false);
  assert.equal(await exists("guarded2"), false);
});

test("an expired URL is refused with 400 ExpiredToken, for reading and for writing", async () => {
  await bucket.file("kept").save("x", { resumable: false });
  const [get, put] = [await sign("kept"), await signPut("late")];
  ahead = 601_000;
  const answers = [await http("GET", get), await http("PUT", put, MP4, "x")];
  ahead = 0;
  for (const { status, code, text } of answers) {
    assert.deepEqual([status, code], [400, "ExpiredToken"]);
    assert.match(text, /Request signature expired at: \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00/);
  }
  assert.equal((await http("GET", get)).status, 200);
  assert.equal(await exists("late"), false);
});

test("sizes outside the signed range store nothing, announced or not", async () => {
  const range = { "x-goog-content-length-range": "3,5" };
  const put = await signPut("sized", range);
  const headers = { ...MP4, ...range };
  const chunked = { ...headers, "transfer-encoding": "chunked" };
  assert.equal((await http("PUT", put, headers, "123456")).code, "EntityTooLarge");
  assert.equal((await http("PUT", put, headers, "12")).code, "EntityTooSmall");
  assert.equal((await http("PUT", put, headers, "")).code, "EntityTooSmall");
  const huge = await http("PUT", put, chunked, Buffer.alloc(3_000_000));
  assert.deepEqual([huge.status, huge.code], [400, "EntityTooLarge"]);
  assert.equal((await http("PUT", put, chunked, "12")).code, "EntityTooSmall");
  assert.equal(await exists("sized"), false);
  assert.equal((await http("PUT", put, chunked, "12345")).status, 200);
  assert.equal((await http("PUT", put, headers, "123")).status, 200);
  assert.equal(await read("sized"), "123");
});

test("a second create-only PUT is 412 and leaves the first object, until it is deleted", async () => {
  const put = await signPut("once.mp4", CREATE);
  const headers = { ...MP4, ...CREATE };
  assert.equal((await http("PUT", put, headers, "first")).status, 200);
  const second = await http("PUT", put, headers, "second");
  assert.deepEqual([second.status, second.code], [412, "PreconditionFailed"]);
  assert.equal(await read("once.mp4"), "first");
  await bucket.file("once.mp4").delete();
  assert.equal((await http("PUT", put, headers, "third")).status, 200);
});

test("of twenty create-only PUTs at once one is 200 and makes the object, others 412", async () => {
  const put = await signPut("raced.mp4", CREATE);
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, i) => http("PUT", put, { ...MP4, ...CREATE }, `body ${i}`)),
  );
  const winners = answers.flatMap(({ status }, i) => (status === 200 ? [i] : []));
  assert.equal(winners.length, 1);
  assert.ok(answers.every(({ status }) => status === 200 || status === 412));
  assert.equal(await read("raced.mp4"), `body ${winners[0]}`);
});

test("checksums that were sent or signed are checked before anything is stored", async () => {
  const crc32c = await crc32cBase64(Buffer.from("hello"));
  const md5 = createHash("md5").update("hello").digest("base64");
  const sha256 = createHash("sha256").update("hello").digest("hex");
  const cases: [Record<string, string>, string, number, string | undefined][] = [
    [{ "x-goog-hash": `crc32c=${crc32c}` }, "hello", 200, undefined],
    [{ "x-goog-hash": `crc32c=${crc32c},md5=${md5}` }, "hello", 200, undefined],
    [{ "x-goog-hash": `crc32c=${crc32c}` }, "hellO", 400, "BadDigest"],
    [{ "x-goog-hash": `md5=${md5}` }, "hellO", 400, "BadDigest"],
    [{ "x-goog-hash": "crc32c=xx" }, "hello", 400, "InvalidDigest"],
    [{ "x-goog-hash": "sha1=xx" }, "hello", 400, "InvalidDigest"],
    [{ "x-goog-content-sha256": sha256 }, "hello", 200, undefined],
    [{ "x-goog-content-sha256": sha256 }, "hellO", 400, "BadDigest"],
  ];
  for (const [headers, text, status, code] of cases) {
    await bucket.file("summed").delete({ ignoreNotFound: true });
    const answer = await http("PUT", await signPut("summed", headers), { ...MP4, ...headers }, text);
    assert.deepEqual([answer.status, answer.code], [status, code], JSON.stringify(headers));
    assert.equal(await exists("summed"), status === 200);
  }
  const put = await signPut("summed-by-md5");
  const wrong = await http("PUT", put, { ...MP4, "content-md5": md5 }, "hellO");
  assert.deepEqual([wrong.status, wrong.code], [400, "BadDigest"]);
  assert.equal((await http("PUT", put, { ...MP4, "content-md5": md5 }, "hello")).status, 200);
});

test("what isn't there is 404 by its right name, once the signature holds", async () => {
  const missing = await http("GET", await sign("nothing/here"));
  assert.deepEqual([missing.status, missing.code], [404, "NoSuchKey"]);
  assert.match(missing.text, new RegExp(`<Details>No such object: ${BUCKET}/nothing/here</Details>`));
  const [elsewhere] = await client(url)
    .bucket("not-a-bucket")
    .file("x")
    .getSignedUrl({ version: "v4", action: "write", expires: Date.now() + 60_000 });
  const answer = await http("PUT", elsewhere, {}, "x");
  assert.deepEqual([answer.status, answer.code], [404, "NoSuchBucket"]);
});

test("a PUT that is cut off leaves neither an object nor a file", async () => {
  const put = new URL(await signPut("cut.mp4"));
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => {});
  socket.write(
    `PUT ${put.pathname}${put.search} HTTP/1.1\r\nHost: ${put.host}\r\nContent-Type: video/mp4\r\nContent-Length: 1000000\r\n\r\n`,
  );
  socket.write(Buffer.alloc(300_000));
  await eventually("receiving", () => readdirSync(join(dataDir, "incoming")).length === 1 || undefined);
  socket.destroy();
  await eventually("cleaning up", () => readdirSync(join(dataDir, "incoming")).length === 0 || undefined);
  assert.equal(await exists("cut.mp4"), false);
});

test("a refusal comes before the body when the sender waits for a go-ahead", async () => {
  const put = new URL(await signPut("patient.mp4", CREATE));
  const ask = (length: number) =>
    new Promise<string>((resolve, reject) => {
      const socket = connect(port, "127.0.0.1");
      const head = { host: put.host, ...MP4, ...CREATE, expect: "100-continue", "content-length": length };
      const lines = Object.entries(head).map(([name, value]) => `${name}: ${value}\r\n`);
      socket.write(`PUT ${put.pathname}${put.search} HTTP/1.1\r\n${lines.join("")}\r\n`);
      socket.once("data", (data) => {
        socket.destroy();
        resolve(data.toString());
      });
      socket.on("error", reject);
    });
  assert.match(await ask(100_001), /^HTTP\/1\.1 400 .*EntityTooLarge/s);
  assert.match(await ask(10), /^HTTP\/1\.1 100 Continue/);
});

test("names that look like paths are just names", async () => {
  const names = [
    "../../etc/passwd",
    "a/../../b",
    "/absolute",
    "..%2f",
    "con\u0000trol",
    "日本/ü",
    "x".repeat(1024),
  ];
  for (const name of names) {
    await bucket.file(name).save(name, { resumable: false });
    assert.equal(await read(name), name);
  }
  const [files] = await bucket.getFiles();
  for (const name of names) assert.ok(files.some((file) => file.name === name));
  for (const blob of readdirSync(join(dataDir, "blobs"))) assert.match(blob, /^[\w-]{32}$/);
  for (const name of ["x".repeat(1025), ".", "..", "a\nb"]) {
    await assert.rejects(bucket.file(name).save("x", { resumable: false }), { code: 400 });
  }
});

test("a page uses signed URLs as its bucket's CORS says, and never the JSON API", async () => {
  const page = { origin: "http://app.example" };
  const asked = (origin: string, method: string, headers: string) => ({
    origin,
    "access-control-request-method": method,
    "access-control-request-headers": headers,
  });
  const preflight = async (...args: Parameters<typeof asked>) => {
    const { status, headers } = await http("OPTIONS", await signPut("from-browser"), asked(...args));
    assert.equal(status, 200);
    return headers["access-control-allow-origin"];
  };
  assert.equal(await preflight(page.origin, "PUT", "content-type, X-Goog-If-Generation-Match"), page.origin);
  assert.equal(await preflight("http://other.example", "PUT", "content-type"), undefined);
  assert.equal(await preflight(page.origin, "DELETE", "content-type"), undefined);
  assert.equal(await preflight(page.origin, "PUT", "content-type,x-other"), undefined);
  const put = await http("PUT", await signPut("from-browser"), { ...MP4, ...page }, "x");
  assert.equal(put.headers["access-control-allow-origin"], page.origin);
  assert.equal(put.headers["access-control-expose-headers"], CORS.headers.join(", "));
  const api = await http("GET", `${url}/storage/v1/b`, page);
  assert.equal(api.headers["access-control-allow-origin"], undefined);
});

test("rubbish gets a 4xx in Google's form, and the stand-in goes on", async () => {
  const signed = new URL(await sign("ranged"));
  const rubbish: [string, string, Record<string, string>, string | undefined][] = [
    ["GET", "/", {}, undefined],
    ["GET", "//", {}, undefined],
    ["GET", "/%", {}, undefined],
    ["GET", `/${BUCKET}/%ff%fe`, {}, undefined],
    ["GET", "/b/%E0%A4%A/o", {}, undefined],
    ["GET", `/${BUCKET}/x?X-Goog-Algorithm=%zz&X-Goog-Signature=%`, {}, undefined],
    [
      "GET",
      `/${BUCKET}/x?X-Goog-Algorithm=GOOG4-RSA-SHA256&X-Goog-Credential=${"%2F".repeat(500)}`,
      {},
      undefined,
    ],
    ["PROPFIND", `/${BUCKET}/x`, {}, undefined],
    ["POST", signed.pathname + signed.search, {}, "x"],
    ["POST", `/upload/storage/v1/b/${BUCKET}/o?uploadType=resumable&name=x`, {}, "{"],
    ["POST", `/upload/storage/v1/b/${BUCKET}/o?uploadType=resumable&name=x`, {}, "[1]"],
    [
      "POST",
      `/upload/storage/v1/b/${BUCKET}/o?uploadType=resumable&name=x`,
      {},
      '{"metadata": {"a": {"b": 1}}}',
    ],
    ["GET", `/b/${BUCKET}/o?maxResults=-1`, {}, undefined],
    ["GET", `/b/${BUCKET}/o?pageToken=*`, {}, undefined],
    ["GET", `/b/${BUCKET}/o/ranged?generation=latest`, {}, undefined],
    ["GET", `/b/${BUCKET}/o/ranged?ifGenerationMatch=x`, {}, undefined],
    ["POST", `/upload/storage/v1/b/${BUCKET}/o?uploadType=multipart&name=x`, {}, "no boundary"],
    [
      "POST",
      `/upload/storage/v1/b/${BUCKET}/o?uploadType=multipart&name=x`,
      { "content-type": "multipart/related; boundary=b" },
      "--b\r\n\r\n{}\r\n--b--",
    ],
    ["PUT", `/upload/storage/v1/b/${BUCKET}/o?upload_id=../../x`, {}, "x"],
    ["PUT", `/${BUCKET}/x?upload_id=`, {}, "x"],
    ["DELETE", `/${BUCKET}/x?upload_id=none`, {}, undefined],
  ];
  for (const [method, path, headers, text] of rubbish) {
    const answer = await http(method, url + path, headers, text);
    assert.ok(
      answer.status >= 400 && answer.status < 500,
      `${method} ${path}: ${answer.status} ${answer.text}`,
    );
  }
  assert.equal((await http("GET", signed.href)).text, "0123456789");
  assert.ok(Date.now() > started);
});

test("objects of unusual names are put and read by signed URLs", async () => {
  for (const file of [
    "scene_1_shape0.pngfeat0.png",
    " a  b .glb",
    "할머니의 부엌.glb",
    "100%.glb",
    "a%2Fb%00.glb",
    "what?is=this&that.glb",
    "#1.glb",
    "a+b;c=d,e'f\"g[1]*!()~.glb",
    "\u{1f469}\u200d\u{1f467}.glb",
    "\u{1f469}".repeat(120),
  ]) {
    const name = `spaces/s/jobs/j/1/${file}`;
    const put = await http("PUT", await signPut(name, CREATE), { ...MP4, ...CREATE }, Buffer.from(file));
    assert.equal(put.status, 200, `${file}: ${put.text}`);
    assert.equal((await http("GET", await sign(name))).text, file);
    const [[found]] = await bucket.getFiles({ prefix: name });
    assert.equal(found?.name, name);
  }
});
