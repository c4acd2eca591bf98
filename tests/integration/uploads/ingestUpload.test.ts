import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { z } from "zod";
import { finalizedObject } from "#functions/ingest/event.ts";
import { type TestFirestore, testFirestore } from "#local/testing/backends.ts";
import { type MemoryObjects, memoryObjects } from "#local/testing/memoryObjects.ts";
import { avatar } from "#shared/kinds/avatar.ts";
import { kinds, kindsOf } from "#shared/kinds/index.ts";
import { jsonInput } from "#shared/kinds/jsonInput.ts";
import { silentLogger } from "#shared/platform/log/logger.ts";
import { type IngestUploadDeps, ingestUpload } from "#shared/uploads/ingestUpload.ts";
import { type Upload, uploadSchema } from "#shared/uploads/uploadDocument.ts";
import { uploadObject } from "#shared/uploads/uploadObject.ts";

const NOW = new Date("2026-03-01T10:00:00Z");
const SPACE = "g".repeat(26);
const ID = "1".repeat(26);
const OBJECT = uploadObject(SPACE, ID);
/** The beginning of an MP4: a box of type ftyp with the brand isom. */
const MP4 = Buffer.concat([
  Buffer.from("00000018667479706973 6f6d0000020069736f6d6d703431".replaceAll(" ", ""), "hex"),
  Buffer.alloc(40),
]);

let backend: TestFirestore;
let objects: MemoryObjects;
let notified: string[];
before(async () => {
  backend = await testFirestore();
});
after(() => backend.drop());
beforeEach(async () => {
  await backend.clear();
  objects = memoryObjects();
  notified = [];
});

function deps(overrides: Partial<IngestUploadDeps> = {}): IngestUploadDeps {
  return {
    firestore: backend.firestore,
    objects,
    kinds,
    clock: () => NOW,
    log: silentLogger,
    notifyJobs: async (uploadId) => {
      notified.push(uploadId);
    },
    ...overrides,
  };
}

async function announced(overrides: Partial<Upload> = {}): Promise<void> {
  await backend.firestore.doc(`uploads/${ID}`).set({
    spaceId: SPACE,
    createdBy: "u1",
    trace: "4bf92f3577b34da6a3ce929d0e0e4736",
    object: OBJECT,
    contentType: "video/mp4",
    size: MP4.length,
    crc32c: null,
    name: null,
    state: "pending",
    reason: null,
    received: null,
    createdAt: NOW,
    expiresAt: new Date("2026-03-08T10:00:00Z"),
    ...overrides,
  } satisfies Upload);
}

async function stored(): Promise<Upload> {
  return uploadSchema.parse((await backend.firestore.doc(`uploads/${ID}`).get()).data());
}

test("a good upload becomes received with what arrived, waiting jobs get it, it stays", async () => {
  await announced({ contentType: "video/quicktime" });
  const put = objects.put(OBJECT, MP4);
  await ingestUpload(OBJECT, deps());
  const upload = await stored();
  assert.equal(upload.state, "received");
  assert.deepEqual(upload.received, {
    generation: put.generation,
    size: MP4.length,
    crc32c: put.crc32c,
    contentType: "video/mp4",
  });
  assert.deepEqual(notified, [ID]);
  assert.deepEqual(objects.names(), [OBJECT]);
});

test("JSON is read whole where a kind takes any: the verdict names its shapes", async () => {
  const shape = { name: "walk.v1", schema: z.strictObject({ steps: z.array(z.number()) }) };
  const taking = kindsOf({
    ...avatar,
    name: "walk",
    inputs: { walk: jsonInput({ maxBytes: 40_000, shape }), note: jsonInput({ maxBytes: 10 }) },
  });
  const large = JSON.stringify({ steps: Array.from({ length: 10_000 }, (_, n) => n % 10) });
  for (const [text, outcome, declared, kindsThere] of [
    [large, "walk.v1", "application/json", taking],
    ['{"steps": "many"}', "", "application/json", taking],
    ['{"steps": [1]}', "walk.v1", "text/plain", taking],
    [large.slice(0, -1), "json_unreadable", "application/json", taking],
    [`[${"0,".repeat(20_001)}0]`, "too_large", "application/json", taking],
    ["just some words", "type_not_accepted", "application/json", taking],
    ['{"steps": [1]}', "type_not_accepted", "application/json", kindsOf(avatar)],
  ] as const) {
    await announced({ contentType: declared, size: text.length });
    objects.put(OBJECT, Buffer.from(text));
    await ingestUpload(OBJECT, deps({ kinds: kindsThere }));
    const { state, reason, received } = await stored();
    const said = state === "rejected" ? reason?.code : (received?.shapes?.join() ?? "");
    assert.equal(said, outcome, text.slice(0, 20));
    if (state === "received") assert.equal(received?.contentType, "application/json");
    await objects.remove(OBJECT);
  }
});

test("an event delivered twice changes nothing, and the jobs get the verdict again", async () => {
  await announced();
  objects.put(OBJECT, MP4);
  await ingestUpload(OBJECT, deps());
  const first = await stored();
  await ingestUpload(OBJECT, deps({ clock: () => new Date("2026-03-02T00:00:00Z") }));
  assert.deepEqual(await stored(), first);
  assert.deepEqual(notified, [ID, ID]);
  assert.deepEqual(objects.names(), [OBJECT]);
});

for (const [what, code, overrides, bytes] of [
  [
    "a text file called mp4",
    "type_not_accepted",
    {},
    Buffer.from("just some words, padded to the announced size".padEnd(MP4.length).slice(0, MP4.length)),
  ],
  ["a video of another size", "size_mismatch", { size: 5 }, MP4],
  ["a video with another checksum", "checksum_mismatch", { crc32c: "AAAAAA==" }, MP4],
  ["an empty object", "size_mismatch", {}, Buffer.alloc(0)],
] as const) {
  test(`${what} is rejected with a reason, passed to the jobs, and removed`, async () => {
    await announced(overrides);
    objects.put(OBJECT, bytes);
    await ingestUpload(OBJECT, deps());
    const upload = await stored();
    assert.equal(upload.state, "rejected");
    assert.equal(upload.reason?.code, code);
    assert.equal(upload.received, null);
    assert.deepEqual(notified, [ID]);
    assert.deepEqual(objects.names(), []);
  });
}

test("after a crash before the jobs got the verdict, the next delivery gives it", async () => {
  await announced();
  objects.put(OBJECT, MP4);
  const crash = { notifyJobs: () => Promise.reject(new Error("crashed")) };
  await assert.rejects(ingestUpload(OBJECT, deps(crash)), /crashed/);
  assert.equal((await stored()).state, "received");
  await ingestUpload(OBJECT, deps());
  assert.deepEqual(notified, [ID]);
});

test("a second object under a rejected upload is removed too, and the verdict stands", async () => {
  await announced();
  objects.put(OBJECT, Buffer.from("words"));
  await ingestUpload(OBJECT, deps());
  objects.put(OBJECT, MP4);
  await ingestUpload(OBJECT, deps());
  assert.equal((await stored()).state, "rejected");
  assert.deepEqual(objects.names(), []);
});

test("a late, unknown, erased space's or oddly named object is removed, without effect", async () => {
  objects.put(OBJECT, MP4);
  await ingestUpload(OBJECT, deps());
  assert.deepEqual(objects.names(), []);

  await announced();
  objects.put(OBJECT, MP4);
  await ingestUpload(OBJECT, deps({ clock: () => new Date("2026-03-08T10:00:01Z") }));
  assert.deepEqual(objects.names(), []);
  assert.equal((await stored()).state, "pending");

  await backend.firestore.doc(`tombstones/${SPACE}`).set({ erasedAt: NOW });
  objects.put(OBJECT, MP4);
  await ingestUpload(OBJECT, deps());
  assert.deepEqual(objects.names(), []);

  objects.put("somewhere/else", MP4);
  await ingestUpload("somewhere/else", deps());
  assert.deepEqual(objects.names(), []);
  assert.deepEqual(notified, []);
});

test("an event of another bucket, or one that can't be read, names no object", () => {
  const event = (data: unknown) => ({ specversion: "1.0", id: "1", source: "s", type: "t", data });
  assert.equal(finalizedObject(event({ bucket: "uploads", name: "a" }), "uploads"), "a");
  assert.equal(finalizedObject(event({ bucket: "other", name: "a" }), "uploads"), undefined);
  assert.equal(finalizedObject(event("rubbish"), "uploads"), undefined);
  assert.equal(finalizedObject(event(undefined), "uploads"), undefined);
});

test("a rejected upload gives its bytes back to the budget, once; a good one doesn't", async () => {
  const budget = backend.firestore.doc(`uploadBudgets/${SPACE}`);
  const spent = { "2026-02-28": 7, "2026-03-01": 100 };
  const days = async () => (await budget.get()).data()?.days;
  await budget.set({ days: spent, expiresAt: NOW });

  await announced();
  objects.put(OBJECT, Buffer.concat([MP4, Buffer.alloc(1)]));
  await ingestUpload(OBJECT, deps());
  assert.equal((await stored()).state, "rejected");
  assert.deepEqual(await days(), { ...spent, "2026-03-01": 100 - MP4.length });
  objects.put(OBJECT, MP4);
  await ingestUpload(OBJECT, deps());
  assert.deepEqual(await days(), { ...spent, "2026-03-01": 100 - MP4.length }, "delivered again");

  await announced();
  objects.put(OBJECT, MP4);
  await ingestUpload(OBJECT, deps());
  assert.equal((await stored()).state, "received");
  assert.deepEqual(await days(), { ...spent, "2026-03-01": 100 - MP4.length });
});
