import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { after, test } from "node:test";
import {
  BUCKET,
  client,
  eventually,
  http,
  keys,
  QUANTUM,
  SIGNER,
  start,
  temporaryDirectory,
} from "./harness.ts";

const DAY_MS = 24 * 3600 * 1000;

/** The stand-in as a process of its own. */
async function spawned(dataDir: string): Promise<{ process: ChildProcess; url: string }> {
  const config = { port: 0, dataDir, buckets: [{ name: BUCKET }], publicKeys: { [SIGNER]: keys.publicKey } };
  const main = join(import.meta.dirname, "main.ts");
  const child = spawn(process.execPath, [main, JSON.stringify(config)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  after(() => child.kill("SIGKILL"));
  for await (const line of createInterface({ input: child.stdout })) {
    const { event, url } = JSON.parse(line);
    if (event === "listening") {
      child.stdout.resume();
      return { process: child, url };
    }
  }
  throw new Error("the stand-in didn't start");
}

async function signPut(url: string, name: string): Promise<string> {
  const config = { version: "v4", action: "write", expires: Date.now() + 600_000 } as const;
  return (await client(url).bucket(BUCKET).file(name).getSignedUrl(config))[0];
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  const exited = once(child, "exit");
  child.kill(signal);
  const [code] = await exited;
  return code;
}

test("after a SIGKILL what was answered is there, half an upload isn't", async () => {
  const dataDir = temporaryDirectory();
  const first = await spawned(dataDir);
  const before = client(first.url).bucket(BUCKET);
  await before.file("kept").save("kept", { resumable: false, metadata: { metadata: { k: "v" } } });
  const [{ generation }] = await before.file("kept").getMetadata();
  const bytes = randomBytes(3 * QUANTUM + 9);
  const [session] = await before.file("resumed").createResumableUpload();
  await http("PUT", session, { "content-range": `bytes 0-${QUANTUM - 1}/*` }, bytes.subarray(0, QUANTUM));
  const hanging = connect(Number(new URL(first.url).port), "127.0.0.1");
  hanging.on("error", () => {});
  const { host, pathname, search } = new URL(await signPut(first.url, "half"));
  hanging.write(`PUT ${pathname}${search} HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 99999\r\n\r\nhalf`);
  await eventually("receiving", () => readdirSync(join(dataDir, "incoming")).length === 1 || undefined);
  await end(first.process, "SIGKILL");
  writeFileSync(join(dataDir, "blobs", "left-by-a-crash"), "x");

  const second = await spawned(dataDir);
  const after = client(second.url).bucket(BUCKET);
  const [metadata] = await after.file("kept").getMetadata();
  assert.deepEqual([metadata.generation, metadata.metadata], [generation, { k: "v" }]);
  assert.equal((await after.file("kept").download())[0].toString(), "kept");
  assert.deepEqual(await after.file("half").exists(), [false]);
  assert.deepEqual(readdirSync(join(dataDir, "incoming")), []);
  assert.equal(existsSync(join(dataDir, "blobs", "left-by-a-crash")), false);

  const moved = session.replace(first.url, second.url);
  const status = await http("PUT", moved, { "content-range": "bytes */*" });
  assert.deepEqual([status.status, status.headers.range], [308, `bytes=0-${QUANTUM - 1}`]);
  const range = `bytes ${QUANTUM}-${bytes.length - 1}/${bytes.length}`;
  const done = await http("PUT", moved, { "content-range": range }, bytes.subarray(QUANTUM));
  assert.equal(done.status, 200);
  assert.ok((await after.file("resumed").download())[0].equals(bytes));
  await after.file("kept").save("newer", { resumable: false });
  assert.ok(Number((await after.file("kept").getMetadata())[0].generation) > Number(generation));
  assert.equal(await end(second.process, "SIGTERM"), 0);
});

test("a replaced or deleted object's bytes leave the disk after its readers", async () => {
  const dataDir = temporaryDirectory();
  const { url } = await start({ dataDir });
  const file = client(url).bucket(BUCKET).file("x");
  const bytes = randomBytes(8_000_000);
  await file.save(bytes, { resumable: false });
  const response = await fetch(`${url}/storage/v1/b/${BUCKET}/o/x?alt=media`);
  await file.save("second", { resumable: false });
  await eventually("removal", () => (readdirSync(join(dataDir, "blobs")).length === 1 ? true : undefined));
  assert.ok(Buffer.from(await response.arrayBuffer()).equals(bytes));
  await file.delete();
  assert.deepEqual(readdirSync(join(dataDir, "blobs")), []);
});

test("generations rise even when the clock goes back", async () => {
  let now = Date.now();
  const { url } = await start({ clock: () => new Date(now) });
  const file = client(url).bucket(BUCKET).file("x");
  const generations: number[] = [];
  for (const step of [0, -DAY_MS, 0, DAY_MS]) {
    now += step;
    await file.save("x", { resumable: false });
    generations.push(Number((await file.getMetadata())[0].generation));
    await file.delete();
  }
  assert.deepEqual(
    generations,
    generations.toSorted((a, b) => a - b),
  );
  assert.equal(new Set(generations).size, 4);
});

test("a bucket's life cycle deletes what is older at the next start, and nothing else", async () => {
  let now = Date.now();
  const options = {
    dataDir: temporaryDirectory(),
    buckets: [{ name: BUCKET, lifecycleDays: 2 }, { name: "kept-forever" }],
    clock: () => new Date(now),
  };
  const first = await start(options);
  const storage = client(first.url);
  await storage.bucket(BUCKET).file("old").save("x", { resumable: false });
  await storage.bucket("kept-forever").file("old").save("x", { resumable: false });
  now += 1.5 * DAY_MS;
  await storage.bucket(BUCKET).file("young").save("x", { resumable: false });
  now += DAY_MS;
  await first.close();

  const second = client((await start(options)).url);
  const names = async (bucket: string) => (await second.bucket(bucket).getFiles())[0].map(({ name }) => name);
  await eventually("expiry", async () => ((await names(BUCKET)).length === 1 ? true : undefined));
  assert.deepEqual(await names(BUCKET), ["young"]);
  assert.deepEqual(await names("kept-forever"), ["old"]);
});

test("a large upload and its download pass through without being held in memory", async () => {
  const { process: child, url } = await spawned(temporaryDirectory());
  const before = peakMemory(child.pid ?? 0);
  const [size, piece] = [300 * 1024 * 1024, Buffer.alloc(1024 * 1024, 7)];
  const upload = await fetch(await signPut(url, "large"), {
    method: "PUT",
    // Node's own stream type lacks the DOM's members.
    body: Readable.toWeb(Readable.from(Array.from({ length: 300 }, () => piece))) as ReadableStream,
    duplex: "half",
  });
  assert.equal(upload.status, 200);
  await upload.arrayBuffer();
  const download = await fetch(`${url}/storage/v1/b/${BUCKET}/o/large?alt=media`);
  let received = 0;
  for await (const chunk of download.body ?? []) received += chunk.length;
  assert.equal(received, size);
  const peak = peakMemory(child.pid ?? 0);
  if (before !== undefined && peak !== undefined) {
    assert.ok(peak - before < size / 2, `${peak - before} bytes more at its peak`);
  }
  await end(child, "SIGTERM");
});

/** The most memory that a process has had, in bytes, where the system tells. */
function peakMemory(pid: number): number | undefined {
  const path = `/proc/${pid}/status`;
  if (!existsSync(path)) return undefined;
  const kilobytes = /VmHWM:\s+(\d+) kB/.exec(readFileSync(path, "utf8"))?.[1];
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
}

test("a taken port, a bad bucket name and a second process on the data are refused", async () => {
  const dataDir = temporaryDirectory();
  const { port, url } = await start({ dataDir });
  await assert.rejects(start({ port }), { code: "EADDRINUSE" });
  await assert.rejects(start({ buckets: [{ name: "UPPER" }] }), /Invalid bucket name/);
  const config = { port: 0, dataDir, buckets: [], publicKeys: {} };
  const child = spawn(process.execPath, [join(import.meta.dirname, "main.ts"), JSON.stringify(config)], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let why = "";
  child.stderr.on("data", (data: Buffer) => {
    why += data.toString();
  });
  const [code] = await once(child, "exit");
  assert.equal(code, 1);
  assert.match(why, /can't start: .*locked/);
  assert.equal((await http("GET", `${url}/storage/v1/b/${BUCKET}/o`)).status, 200);
});
