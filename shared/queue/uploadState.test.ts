import assert from "node:assert/strict";
import { test } from "node:test";
import { reasonOf } from "../kinds/failures.ts";
import type { Upload } from "../uploads/uploadDocument.ts";
import { NOW, RECEIVED, TRACE } from "./testing/jobFixture.ts";
import { eventOfUpload, stateOfUpload } from "./uploadState.ts";

const { object, ...received } = RECEIVED;
const upload = (overrides: Partial<Upload>): Upload => ({
  ...{
    spaceId: "s",
    createdBy: "u",
    trace: TRACE,
    object,
    contentType: "video/mp4",
    size: 1_000,
    crc32c: null,
    name: null,
  },
  ...{ state: "pending", reason: null, received: null, createdAt: NOW, expiresAt: NOW },
  ...overrides,
});
const reason = { code: "cut_off", message: "It was cut off." };
const unexplained = reasonOf("upload_rejected");

test("a pending upload is pending, and no event", () => {
  assert.deepEqual(stateOfUpload(upload({})), { state: "pending" });
  assert.equal(eventOfUpload("u", upload({})), undefined);
});

test("a received upload says what arrived, and as which object", () => {
  const arrived = upload({ state: "received", received });
  assert.deepEqual(stateOfUpload(arrived), { state: "received", received: RECEIVED });
  assert.deepEqual(eventOfUpload("u", arrived), {
    type: "input_received",
    uploadId: "u",
    received: RECEIVED,
  });
});

test("a received upload that doesn't say what arrived is pending", () => {
  assert.deepEqual(stateOfUpload(upload({ state: "received" })), { state: "pending" });
});

test("a rejected upload gives its reason or a general one; what arrived doesn't count", () => {
  const rejected = upload({ state: "rejected", reason, received });
  assert.deepEqual(stateOfUpload(rejected), { state: "rejected", reason });
  assert.deepEqual(eventOfUpload("u", rejected), { type: "input_rejected", uploadId: "u", reason });
  assert.deepEqual(stateOfUpload(upload({ state: "rejected" })), { state: "rejected", reason: unexplained });
});
