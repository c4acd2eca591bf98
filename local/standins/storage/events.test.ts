import assert from "node:assert/strict";
import { createServer, type IncomingHttpHeaders } from "node:http";
import { buffer } from "node:stream/consumers";
import { after, test } from "node:test";
import type { FinalizedSink } from "./events.ts";
import { BUCKET, client, eventually, http, start, temporaryDirectory } from "./harness.ts";

interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** A receiver whose answers the test decides. */
async function receiver(answer: (n: number) => number = () => 204, port = 0) {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    void buffer(request).then((bytes) => {
      received.push({ path: request.url ?? "", headers: request.headers, text: bytes.toString() });
      response.writeHead(answer(received.length)).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  const address = server.address();
  assert.ok(address !== null && typeof address === "object");
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  after(close);
  return { received, url: `http://127.0.0.1:${address.port}/`, port: address.port, close };
}

const sinkAt = (url: string, more: Partial<FinalizedSink> = {}): FinalizedSink => ({
  bucket: BUCKET,
  url,
  ...more,
});

test("a new object makes a binary CloudEvent with its resource, by every way to upload", async () => {
  const { received, url: sink } = await receiver();
  const { url } = await start({ onFinalized: [sinkAt(sink)] });
  const bucket = client(url).bucket(BUCKET);
  await bucket.file("a/b ü%.mp4").save("bytes", { resumable: false, metadata: { contentType: "video/mp4" } });
  await eventually("the event", () => received[0]);
  const { headers, text } = received[0] ?? assert.fail();
  const [metadata] = await bucket.file("a/b ü%.mp4").getMetadata();
  assert.deepEqual(JSON.parse(text), metadata);
  assert.deepEqual(
    [headers["ce-type"], headers["ce-specversion"], headers["ce-source"], headers["content-type"]],
    [
      "google.cloud.storage.object.v1.finalized",
      "1.0",
      `//storage.googleapis.com/projects/_/buckets/${BUCKET}`,
      "application/json",
    ],
  );
  assert.equal(headers["ce-subject"], "objects/a/b%20%C3%BC%25.mp4");
  assert.equal(headers["ce-time"], metadata.timeCreated);
  assert.ok(headers["ce-id"]);

  const [signed] = await bucket
    .file("put")
    .getSignedUrl({ version: "v4", action: "write", expires: Date.now() + 9999 });
  await http("PUT", signed, {}, "x");
  await bucket.file("resumable").save("x", { resumable: true });
  await eventually("all events", () => (received.length === 3 ? true : undefined));
  const names = received.slice(1).map(({ text: event }) => JSON.parse(event).name);
  assert.deepEqual(names.toSorted(), ["put", "resumable"]);
  assert.equal(new Set(received.map(({ headers: { "ce-id": id } }) => id)).size, 3);
});

test("a refused upload, a deletion and another bucket make no event", async () => {
  const { received, url: sink } = await receiver();
  const { url } = await start({
    onFinalized: [sinkAt(sink)],
    buckets: [{ name: BUCKET }, { name: "other-bucket" }],
  });
  const storage = client(url);
  const file = storage.bucket(BUCKET).file("x");
  await storage.bucket("other-bucket").file("elsewhere").save("x", { resumable: false });
  await file.save("x", { resumable: false });
  const once = { resumable: false, preconditionOpts: { ifGenerationMatch: 0 } };
  await assert.rejects(file.save("y", once));
  await file.delete();
  await storage.bucket(BUCKET).file("last").save("x", { resumable: false });
  await eventually("the last event", () => received.find(({ text }) => JSON.parse(text).name === "last"));
  assert.deepEqual(received.map(({ text }) => JSON.parse(text).name).toSorted(), ["last", "x"]);
});

test("an event is sent again until it is taken, and events behind it aren't held up", async () => {
  let refusals = 0;
  const { received, url: sink } = await receiver(() => {
    const { name } = JSON.parse(received.at(-1)?.text ?? "{}");
    if (name !== "stubborn") return 200;
    refusals += 1;
    return refusals < 4 ? 500 : 204;
  });
  const { url } = await start({ onFinalized: [sinkAt(sink)] });
  const bucket = client(url).bucket(BUCKET);
  await bucket.file("stubborn").save("x", { resumable: false });
  for (const name of ["b", "c", "d", "e", "f"]) await bucket.file(name).save("x", { resumable: false });
  await eventually("the fourth try", () => (refusals === 4 ? true : undefined));
  const ids = received
    .filter(({ text }) => JSON.parse(text).name === "stubborn")
    .map(({ headers }) => headers["ce-id"]);
  assert.equal(new Set(ids).size, 1);
  assert.equal(received.length, 9);
});

test("an event is kept over restarts of both sides until the receiver has it", async () => {
  const dataDir = temporaryDirectory();
  const away = await receiver();
  await away.close();
  const first = await start({ dataDir, onFinalized: [sinkAt(away.url)] });
  const names = ["one", "two", "three"];
  for (const name of names)
    await client(first.url).bucket(BUCKET).file(name).save(name, { resumable: false });
  await first.close();

  const back = await receiver(); // on another port, as after a restart
  const second = await start({ dataDir, onFinalized: [sinkAt(back.url)] });
  await eventually("the missed events", () => (back.received.length === 3 ? true : undefined));
  assert.deepEqual(back.received.map(({ text }) => JSON.parse(text).name).toSorted(), names.toSorted());
  await second.close();

  const third = await start({ dataDir, onFinalized: [sinkAt(back.url)] });
  await client(third.url).bucket(BUCKET).file("four").save("x", { resumable: false });
  await eventually("the new event", () => (back.received.length === 4 ? true : undefined));
  assert.equal(JSON.parse(back.received[3]?.text ?? "{}").name, "four");
});

test("every sink of a bucket gets the event; two with one identity are refused", async () => {
  const [one, two] = [await receiver(), await receiver()];
  await assert.rejects(start({ onFinalized: [sinkAt(one.url), sinkAt(two.url)] }), /give them names/);
  const { url } = await start({
    onFinalized: [sinkAt(one.url, { name: "one" }), sinkAt(two.url, { name: "two" })],
  });
  await client(url).bucket(BUCKET).file("x").save("x", { resumable: false });
  await eventually("both events", () => (one.received.length + two.received.length === 2 ? true : undefined));
  assert.equal(one.received.length, 1);
});

test("an event that no receiver took for a day is dropped", async () => {
  let now = Date.now();
  const { received, url: sink } = await receiver(() => 500);
  const dataDir = temporaryDirectory();
  const { url, close } = await start({ dataDir, onFinalized: [sinkAt(sink)], clock: () => new Date(now) });
  await client(url).bucket(BUCKET).file("x").save("x", { resumable: false });
  await eventually("a first try", () => received[0]);
  now += 25 * 3600 * 1000;
  await close();
  const log: string[] = [];
  const tries = received.length;
  await start({
    dataDir,
    onFinalized: [sinkAt(sink)],
    clock: () => new Date(now),
    log: (event) => log.push(event),
  });
  await eventually("giving up", () => (log.includes("event_given_up") ? true : undefined));
  assert.equal(received.length, tries + 1);
});
