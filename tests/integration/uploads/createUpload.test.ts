import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type TestFirestore, testFirestore } from "#local/testing/backends.ts";
import { memoryObjects } from "#local/testing/memoryObjects.ts";
import { kinds } from "#shared/kinds/index.ts";
import { withTrace } from "#shared/platform/trace.ts";
import { largestDeclared } from "#shared/uploads/acceptance.ts";
import { type CreateUploadDeps, createUpload, createUploadBody } from "#shared/uploads/createUpload.ts";
import { uploadSchema } from "#shared/uploads/uploadDocument.ts";
import { uploadObject, uploadOfObject } from "#shared/uploads/uploadObject.ts";

let backend: TestFirestore;
before(async () => {
  backend = await testFirestore();
});
after(() => backend.drop());

const NOW = new Date("2026-03-01T10:00:00Z");
const SPACE = "g".repeat(26);

function depsWithIds(...ids: string[]): CreateUploadDeps {
  const left = [...ids];
  return {
    firestore: backend.firestore,
    objects: memoryObjects(),
    kinds,
    clock: () => NOW,
    newId: () => left.shift() ?? "none left",
    retentionDays: 7,
    bytesPerSpace: undefined,
  };
}

test("an upload is stored as pending before its URL is sent, and expires", async () => {
  const id = "1".repeat(26);
  const trace = "4bf92f3577b34da6a3ce929d0e0e4736";
  const created = await withTrace(trace, () =>
    createUpload(
      { contentType: "Video/MP4; codecs=avc1", size: 10, name: "Grandma.mp4", spaceId: SPACE, userId: "u1" },
      depsWithIds(id),
    ),
  );
  assert.equal(created.id, id);
  assert.equal(created.method, "PUT");
  assert.equal(created.expiresAt, "2026-03-01T10:15:00.000Z");
  const stored = uploadSchema.parse((await backend.firestore.doc(`uploads/${id}`).get()).data());
  assert.deepEqual(stored, {
    spaceId: SPACE,
    createdBy: "u1",
    trace,
    object: `spaces/${SPACE}/uploads/${id}`,
    contentType: "video/mp4",
    size: 10,
    crc32c: null,
    name: "Grandma.mp4",
    state: "pending",
    reason: null,
    received: null,
    createdAt: NOW,
    expiresAt: new Date("2026-03-08T10:00:00Z"),
    urlExpiresAt: new Date("2026-03-01T10:15:00Z"),
  });
});

test("a name may be in any script, without control or half characters", () => {
  const named = (name: string) =>
    createUploadBody.safeParse({ contentType: "video/mp4", size: 1, name }).success;
  assert.deepEqual(["\ud800", "a\0", "a\r\nb", "할머니 집 👵.mp4"].map(named), [false, false, false, true]);
});

test("a type or a size that no kind accepts is refused and leaves no document", async () => {
  for (const [contentType, size] of [
    ["text/html", 5],
    ["application/octet-stream", 5],
    ["image/jpeg", 65 * 1024 * 1024],
    ["video/mp4", 8 * 1024 ** 3 + 1],
  ] as const) {
    await assert.rejects(
      createUpload({ contentType, size, spaceId: SPACE, userId: "u1" }, depsWithIds("2".repeat(26))),
      { code: "invalid_request" },
    );
  }
  assert.equal((await backend.firestore.doc(`uploads/${"2".repeat(26)}`).get()).exists, false);
});

test("a declared cousin counts as its family; a stranger's family doesn't", () => {
  assert.equal(largestDeclared(kinds, "video/quicktime"), 8 * 1024 ** 3);
  assert.equal(largestDeclared(kinds, "video/x-something-new"), 8 * 1024 ** 3);
  assert.equal(largestDeclared(kinds, "audio/mpeg"), 0);
  assert.equal(largestDeclared(kinds, "videotape"), 0);
});

test("bodies with unknown fields, bad sizes or bad checksums are refused", () => {
  for (const body of [
    { contentType: "video/mp4", size: 1, path: "../x" },
    { contentType: "video/mp4", size: 0 },
    { contentType: "video/mp4", size: 1.5 },
    { contentType: "video/mp4", size: 1, crc32c: "short" },
    { contentType: "mp4", size: 1 },
    { contentType: "video/mp4\r\nx-injected: 1", size: 1 },
    null,
  ]) {
    assert.equal(createUploadBody.safeParse(body).success, false, JSON.stringify(body));
  }
});

test("an object's name leads back to its upload, and no other name does", () => {
  const id = "3".repeat(26);
  assert.deepEqual(uploadOfObject(uploadObject(SPACE, id)), { spaceId: SPACE, uploadId: id });
  for (const name of [
    "",
    id,
    `spaces/${SPACE}/uploads/${id}/more`,
    `spaces/${SPACE}/jobs/${id}`,
    "spaces//uploads/x",
    `spaces/${SPACE}/uploads/..`,
  ]) {
    assert.equal(uploadOfObject(name), undefined, name);
  }
});

test("a space's uploads have a budget: of many at once so many are made as fit", async () => {
  const spaceId = "h".repeat(26);
  let id = 0;
  const deps = {
    ...depsWithIds(),
    newId: () => `${String(++id).padStart(2, "0")}${"k".repeat(24)}`,
    bytesPerSpace: 1_000,
  };
  const ask = (size: number) => createUpload({ contentType: "video/mp4", size, spaceId, userId: "u1" }, deps);
  const asked = await Promise.allSettled(Array.from({ length: 12 }, () => ask(150)));
  assert.equal(asked.filter(({ status }) => status === "fulfilled").length, 6);
  for (const each of asked) {
    if (each.status === "fulfilled") continue;
    const { code, issues } = each.reason;
    assert.deepEqual(
      [code, issues],
      ["upload_budget_spent", [{ path: "size", message: "at most 100 bytes are left" }]],
    );
  }
  const made = await backend.firestore.collection("uploads").where("spaceId", "==", spaceId).get();
  assert.equal(made.size, 6, "what was refused left no document");
  await ask(100);
  await assert.rejects(ask(1), { code: "upload_budget_spent" });
  // Another space, and one without a limit, are as before.
  await createUpload({ contentType: "video/mp4", size: 900, spaceId: "i".repeat(26), userId: "u1" }, deps);
  await createUpload(
    { contentType: "video/mp4", size: 5_000, spaceId, userId: "u1" },
    { ...deps, bytesPerSpace: undefined },
  );
  assert.deepEqual((await backend.firestore.doc(`uploadBudgets/${spaceId}`).get()).data()?.days, {
    "2026-03-01": 1_000,
  });
});
