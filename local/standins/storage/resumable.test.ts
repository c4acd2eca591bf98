import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readdirSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import {
  type Answer,
  BUCKET,
  client,
  eventually,
  http,
  QUANTUM,
  start,
  temporaryDirectory,
} from "./harness.ts";

const DAY_MS = 24 * 3600 * 1000;
const dataDir = temporaryDirectory();
let ahead = 0;
const clock = () => new Date(Date.now() + ahead);
const { url, port } = await start({ dataDir, clock });
const bucket = client(url).bucket(BUCKET);
const partials = () => readdirSync(join(dataDir, "partials"));

interface Started {
  readonly session: string;
  readonly start: () => Promise<Answer>;
}

/** Opens a session as a phone does with the URL that it was given. */
async function open(name: string, headers: Record<string, string> = {}): Promise<Started> {
  const [signed] = await bucket.file(name).getSignedUrl({
    version: "v4",
    action: "resumable",
    expires: Date.now() + 60_000,
    contentType: "video/mp4",
    extensionHeaders: headers,
  });
  const sent = { ...headers, "content-type": "video/mp4", "x-goog-resumable": "start" };
  const begin = () => http("POST", signed, sent);
  const answer = await begin();
  assert.equal(answer.status, 201, answer.text);
  assert.equal(answer.headers["content-length"], "0");
  return { session: answer.headers.location ?? "", start: begin };
}

const put = (session: string, range: string | undefined, body: Buffer | string = "", headers = {}) =>
  http("PUT", session, { ...(range === undefined ? {} : { "content-range": range }), ...headers }, body);
const status = async (session: string) => {
  const answer = await put(session, "bytes */*");
  return answer.status === 308 ? (answer.headers.range ?? "none") : answer.status;
};
const stored = async (name: string) => (await bucket.file(name).download())[0];
const exists = async (name: string) => (await bucket.file(name).exists())[0];

/** Sends the beginning of a piece and then drops the connection, as a tunnel does. */
async function cutOff(session: string, range: string, announced: number, sent: Buffer): Promise<void> {
  const { pathname, search, host, port: to } = new URL(session);
  const socket = connect(Number(to), "127.0.0.1");
  socket.on("error", () => {});
  socket.write(
    `PUT ${pathname}${search} HTTP/1.1\r\nHost: ${host}\r\nContent-Length: ${announced}\r\nContent-Range: ${range}\r\n\r\n`,
  );
  await new Promise<void>((resolve) => socket.write(sent, () => resolve()));
  socket.destroy();
}

test("pieces get 308 and Range; the last one makes the object, typed as signed", async () => {
  const bytes = randomBytes(2 * QUANTUM + 100);
  const total = bytes.length;
  const { session } = await open("pieces.mp4", { "x-goog-meta-kind": "scene" });
  assert.equal(await status(session), "none");
  const first = await put(session, `bytes 0-${QUANTUM - 1}/${total}`, bytes.subarray(0, QUANTUM));
  assert.deepEqual([first.status, first.headers.range], [308, `bytes=0-${QUANTUM - 1}`]);
  assert.equal(await exists("pieces.mp4"), false);
  assert.equal(await status(session), `bytes=0-${QUANTUM - 1}`);
  const second = await put(
    session,
    `bytes ${QUANTUM}-${2 * QUANTUM - 1}/*`,
    bytes.subarray(QUANTUM, 2 * QUANTUM),
  );
  assert.equal(second.headers.range, `bytes=0-${2 * QUANTUM - 1}`);
  const last = await put(session, `bytes ${2 * QUANTUM}-${total - 1}/${total}`, bytes.subarray(2 * QUANTUM));
  assert.equal(last.status, 200);
  assert.equal(last.headers["x-goog-stored-content-length"], String(total));
  assert.ok((await stored("pieces.mp4")).equals(bytes));
  const [metadata] = await bucket.file("pieces.mp4").getMetadata();
  assert.deepEqual([metadata.contentType, metadata.metadata], ["video/mp4", { kind: "scene" }]);
  assert.deepEqual(partials(), []);
});

test("a complete session answers anything with the same generation", async () => {
  const { session } = await open("again.mp4");
  const done = await put(session, undefined, "whole");
  assert.equal(done.status, 200);
  for (const again of [
    await put(session, "bytes */*"),
    await put(session, undefined, "other"),
    await put(session, "bytes 0-4/5", "other"),
  ]) {
    assert.deepEqual(
      [again.status, again.headers["x-goog-generation"], again.headers["x-goog-hash"]],
      [200, done.headers["x-goog-generation"], done.headers["x-goog-hash"]],
    );
  }
  assert.equal((await stored("again.mp4")).toString(), "whole");
});

test("what arrived before a cut counts in steps of 256 KiB, and the rest completes it", async () => {
  const bytes = randomBytes(5 * QUANTUM + 12_345);
  const total = bytes.length;
  const { session } = await open("resumed.mp4");
  await cutOff(session, `bytes 0-${total - 1}/${total}`, total, bytes.subarray(0, 3 * QUANTUM + 777));
  const range = await eventually("noticing the cut", async () => {
    const answer = await status(session);
    return answer === `bytes=0-${3 * QUANTUM - 1}` ? answer : undefined;
  });
  assert.equal(range, `bytes=0-${3 * QUANTUM - 1}`);
  const rest = await put(session, `bytes ${3 * QUANTUM}-${total - 1}/${total}`, bytes.subarray(3 * QUANTUM));
  assert.equal(rest.status, 200);
  assert.ok((await stored("resumed.mp4")).equals(bytes));
});

test("known bytes are skipped, a gap is refused, a repeated piece changes nothing", async () => {
  const bytes = randomBytes(3 * QUANTUM);
  const { session } = await open("overlap.mp4");
  await put(session, `bytes 0-${2 * QUANTUM - 1}/*`, bytes.subarray(0, 2 * QUANTUM));
  const gap = await put(session, `bytes ${3 * QUANTUM}-${4 * QUANTUM - 1}/*`, Buffer.alloc(QUANTUM));
  assert.equal(gap.status, 503);
  const repeated = await put(session, `bytes 0-${QUANTUM - 1}/*`, Buffer.alloc(QUANTUM, 1));
  assert.deepEqual([repeated.status, repeated.headers.range], [308, `bytes=0-${2 * QUANTUM - 1}`]);
  const overlapping = Buffer.concat([Buffer.alloc(QUANTUM, 1), bytes.subarray(2 * QUANTUM)]);
  const last = await put(session, `bytes ${QUANTUM}-${3 * QUANTUM - 1}/${3 * QUANTUM}`, overlapping);
  assert.equal(last.status, 200);
  assert.ok((await stored("overlap.mp4")).equals(bytes));
});

test("of a piece only the multiple of 256 KiB is kept; a smaller piece is refused", async () => {
  const bytes = randomBytes(2 * QUANTUM);
  const { session } = await open("uneven.mp4");
  const uneven = await put(session, `bytes 0-${QUANTUM + 99}/*`, bytes.subarray(0, QUANTUM + 100));
  assert.deepEqual([uneven.status, uneven.headers.range], [308, `bytes=0-${QUANTUM - 1}`]);
  const small = await put(
    session,
    `bytes ${QUANTUM}-${QUANTUM + 99}/*`,
    bytes.subarray(QUANTUM, QUANTUM + 100),
  );
  assert.equal(small.status, 400);
  assert.match(small.text, /equal or greater than 262144/);
  assert.equal(
    (await put(session, `bytes ${QUANTUM}-*/${2 * QUANTUM}`, bytes.subarray(QUANTUM))).status,
    200,
  );
  assert.ok((await stored("uneven.mp4")).equals(bytes));
});

test("a last empty piece completes an upload of unknown length", async () => {
  const bytes = randomBytes(QUANTUM);
  const { session } = await open("unknown-length.mp4");
  await put(session, `bytes 0-${QUANTUM - 1}/*`, bytes);
  assert.equal((await put(session, `bytes */${QUANTUM}`)).status, 200);
  assert.ok((await stored("unknown-length.mp4")).equals(bytes));
  const empty = await open("empty.mp4");
  assert.equal((await put(empty.session, "bytes */0")).status, 200);
  assert.equal((await stored("empty.mp4")).length, 0);
});

test("a caller that comes back takes over from its own connection that hangs", async () => {
  const bytes = randomBytes(2 * QUANTUM);
  const { session } = await open("hanging.mp4");
  const { pathname, search, host } = new URL(session);
  const socket = connect(port, "127.0.0.1");
  const closed = new Promise((resolve) => socket.once("close", resolve));
  socket.on("error", () => {});
  socket.write(
    `PUT ${pathname}${search} HTTP/1.1\r\nHost: ${host}\r\nContent-Length: ${2 * QUANTUM}\r\nContent-Range: bytes 0-${2 * QUANTUM - 1}/${2 * QUANTUM}\r\n\r\n`,
  );
  socket.write(bytes.subarray(0, QUANTUM));
  await eventually("receiving", async () =>
    (await status(session)) === `bytes=0-${QUANTUM - 1}` ? true : undefined,
  );
  const rest = await put(
    session,
    `bytes ${QUANTUM}-${2 * QUANTUM - 1}/${2 * QUANTUM}`,
    bytes.subarray(QUANTUM),
  );
  assert.equal(rest.status, 200);
  await closed;
  assert.ok((await stored("hanging.mp4")).equals(bytes));
});

test("eight callers with the whole object at once make one object, undamaged", async () => {
  const bytes = randomBytes(3 * QUANTUM + 5);
  const { session } = await open("crowded.mp4");
  const answers = await Promise.allSettled(
    Array.from({ length: 8 }, () => put(session, `bytes 0-${bytes.length - 1}/${bytes.length}`, bytes)),
  );
  assert.ok(answers.some((answer) => answer.status === "fulfilled" && answer.value.status === 200));
  assert.ok((await stored("crowded.mp4")).equals(bytes));
});

test("size limits hold from the first byte that breaks them, and end the session", async () => {
  const limits = { "x-goog-content-length-range": `10,${QUANTUM}` };
  const announced = await open("limited.mp4", limits);
  const tooLarge = await put(
    announced.session,
    `bytes 0-${QUANTUM - 1}/${QUANTUM + 1}`,
    Buffer.alloc(QUANTUM),
  );
  assert.deepEqual([tooLarge.status, tooLarge.code], [400, "EntityTooLarge"]);
  assert.equal((await put(announced.session, "bytes */*")).code, "EntityTooLarge");

  const silent = await open("limited.mp4", limits);
  const streamed = await put(silent.session, "bytes 0-*/*", Buffer.alloc(2 * QUANTUM), {
    "transfer-encoding": "chunked",
  });
  assert.deepEqual([streamed.status, streamed.code], [400, "EntityTooLarge"]);
  const small = await open("limited.mp4", limits);
  assert.equal((await put(small.session, undefined, "123")).code, "EntityTooSmall");
  assert.equal(await exists("limited.mp4"), false);
  const fits = await open("limited.mp4", limits);
  assert.equal((await put(fits.session, undefined, "1234567890")).status, 200);
  assert.deepEqual(partials(), []);
});

test("create-only is checked at the start and at the end; the other object stays", async () => {
  const once = { "x-goog-if-generation-match": "0" };
  const early = await open("once.mp4", once);
  const late = await open("once.mp4", once);
  assert.equal((await put(early.session, undefined, "early")).status, 200);
  const answer = await put(late.session, undefined, "late");
  assert.deepEqual([answer.status, answer.code], [412, "PreconditionFailed"]);
  assert.equal((await put(late.session, "bytes */*")).status, 412);
  assert.equal((await early.start()).status, 412);
  assert.equal((await stored("once.mp4")).toString(), "early");
});

test("a checksum signed at the start, or sent with the last piece, must fit the whole", async () => {
  const right = { "x-goog-hash": "crc32c=mnG7TA==" }; // "hello"
  const signed = await open("summed.mp4", right);
  const wrong = await put(signed.session, undefined, "hellO");
  assert.deepEqual([wrong.status, wrong.code], [400, "BadDigest"]);
  const sent = await open("summed.mp4");
  assert.equal((await put(sent.session, undefined, "hellO", right)).code, "BadDigest");
  assert.equal(await exists("summed.mp4"), false);
  const good = await open("summed.mp4", right);
  assert.equal((await put(good.session, undefined, "hello", right)).status, 200);
});

test("a cancelled session is 499 and keeps no bytes; an unknown one is 404", async () => {
  const { session } = await open("cancelled.mp4");
  await put(session, `bytes 0-${QUANTUM - 1}/*`, Buffer.alloc(QUANTUM));
  assert.equal(partials().length, 1);
  const cancelled = await http("DELETE", session);
  assert.deepEqual([cancelled.status, cancelled.headers["content-length"]], [499, "0"]);
  assert.equal(await status(session), 499);
  assert.equal((await put(session, undefined, "x")).status, 499);
  assert.deepEqual(partials(), []);
  assert.equal(await exists("cancelled.mp4"), false);
  assert.equal(await status(session.replace(/upload_id=.*/, "upload_id=unknown")), 404);
});

test("a session outlives its signed URL and lasts a week", async () => {
  const { session } = await open("patient.mp4");
  ahead = 7 * DAY_MS - 60_000;
  assert.equal(await status(session), "none");
  ahead = 7 * DAY_MS + 60_000;
  assert.equal(await status(session), 404);
  ahead = 0;
});

test("starting without the signed header, or with a body, is refused", async () => {
  const { start: begin } = await open("started.mp4");
  assert.equal((await begin()).status, 201);
  const [signed] = await bucket.file("started.mp4").getSignedUrl({
    version: "v4",
    action: "resumable",
    expires: Date.now() + 60_000,
  });
  assert.equal((await http("POST", signed)).code, "MalformedSecurityHeader");
  const [unsigned] = [`${url}/${BUCKET}/started.mp4`];
  assert.equal((await http("POST", unsigned, { "x-goog-resumable": "start" })).code, "AccessDenied");
  assert.equal((await http("POST", signed, { "x-goog-resumable": "start" }, "body")).status, 400);
});

test("an unreadable or contradicting Content-Range is 400 and changes nothing", async () => {
  const bytes = randomBytes(QUANTUM + 4);
  const { session } = await open("ranges.mp4");
  await put(session, `bytes 0-${QUANTUM - 1}/${bytes.length}`, bytes.subarray(0, QUANTUM));
  for (const range of [
    "bytes 0-3",
    "0-3/4",
    "bytes 5-3/9",
    "bytes 0-9/5",
    "bytes -1-3/4",
    "bytes a-b/c",
    "bytes */-1",
  ]) {
    assert.equal((await put(session, range, "1234")).status, 400, range);
  }
  assert.equal(
    (await put(session, `bytes ${QUANTUM}-${QUANTUM + 3}/${QUANTUM + 4}`, "12345678")).status,
    400,
  );
  const end = `bytes ${QUANTUM}-${QUANTUM + 3}/${bytes.length}`;
  assert.equal((await put(session, end, bytes.subarray(QUANTUM))).status, 200);
  assert.ok((await stored("ranges.mp4")).equals(bytes));
});

test("the JSON API's sessions answer with 308, or 200 for clients without it", async () => {
  const bytes = randomBytes(QUANTUM + 1);
  const started = await http(
    "POST",
    `${url}/upload/storage/v1/b/${BUCKET}/o?uploadType=resumable&name=json%2Fup&ifGenerationMatch=0`,
    {
      "content-type": "application/json",
      "x-upload-content-type": "a/b",
      "x-upload-content-length": bytes.length,
    },
    '{"metadata": {"k": "v"}}',
  );
  assert.equal(started.status, 200);
  const session = started.headers.location ?? "";
  const other = await put(session, `bytes 0-${QUANTUM - 1}/${QUANTUM}`, bytes.subarray(0, QUANTUM));
  assert.equal(other.status, 400, "another total than announced");
  const first = await put(session, `bytes 0-${QUANTUM - 1}/*`, bytes.subarray(0, QUANTUM));
  assert.equal(first.status, 308);
  assert.equal(first.headers.range, `bytes=0-${QUANTUM - 1}`);
  const last = await put(session, `bytes ${QUANTUM}-${QUANTUM}/${bytes.length}`, bytes.subarray(QUANTUM));
  const resource = JSON.parse(last.text);
  assert.deepEqual(
    [last.status, resource.name, resource.size, resource.contentType, resource.metadata],
    [200, "json/up", String(bytes.length), "a/b", { k: "v" }],
  );
  assert.equal((await put(`${session}x`, "bytes */*")).status, 404);
  const cancelled = await http("DELETE", session);
  assert.equal(cancelled.status, 499);
  assert.ok((await stored("json/up")).equals(bytes));
});

test("Google's client resumes a session of a signed-in service from an offset", async () => {
  const bytes = randomBytes(3 * QUANTUM);
  const file = bucket.file("resumed-by-client.mp4");
  const [uri] = await file.createResumableUpload({ metadata: { contentType: "video/mp4" } });
  await put(uri, `bytes 0-${QUANTUM - 1}/*`, bytes.subarray(0, QUANTUM));
  await new Promise<void>((resolve, reject) => {
    file
      .createWriteStream({ resumable: true, uri, offset: QUANTUM, validation: false })
      .on("finish", resolve)
      .on("error", reject)
      .end(bytes.subarray(QUANTUM));
  });
  assert.ok((await file.download())[0].equals(bytes));
});

test("after cut, repeated and overlapping pieces and restarts the bytes are right", async () => {
  const step = fc.record({
    /** How far behind what is acknowledged the next piece starts. */
    back: fc.integer({ min: 0, max: 2 * QUANTUM }),
    length: fc.integer({ min: 1, max: 3 * QUANTUM }),
    /** Of the piece, how much is sent before the connection drops. */
    sent: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
    restart: fc.nat({ max: 5 }).map((n) => n === 0),
  });
  const property = fc.asyncProperty(
    fc.integer({ min: 0, max: 6 * QUANTUM }),
    fc.array(step, { minLength: 1, maxLength: 6 }),
    async (size, steps) => {
      const options = { dataDir: temporaryDirectory() };
      let running = await start(options);
      const bytes = randomBytes(size);
      const [opened] = await client(running.url).bucket(BUCKET).file("walk").createResumableUpload();
      const session = () => `${running.url}${new URL(opened).pathname}${new URL(opened).search}`;
      const received = async () => {
        const answer = await put(session(), "bytes */*");
        if (answer.status !== 308) return size;
        return Number(/bytes=0-(\d+)/.exec(answer.headers.range ?? "")?.[1] ?? -1) + 1;
      };
      for (const { back, length, sent, restart } of steps) {
        const from = Math.max(0, (await received()) - back);
        const piece = bytes.subarray(from, from + length);
        if (piece.length === 0) break;
        const range = `bytes ${from}-${from + piece.length - 1}/${size}`;
        if (sent === null) await put(session(), range, piece);
        else await cutOff(session(), range, piece.length, piece.subarray(0, Math.floor(sent * piece.length)));
        if (restart) {
          await running.close();
          running = await start(options);
        }
      }
      const from = await received();
      if (from < size || size === 0) {
        const rest = await put(session(), `bytes ${from}-*/${size}`, bytes.subarray(from));
        assert.equal(rest.status, 200, rest.text);
      }
      const [back] = await client(running.url).bucket(BUCKET).file("walk").download();
      assert.ok(back.equals(bytes));
      await running.close();
    },
  );
  await fc.assert(property, { numRuns: 25 });
});
