import assert from "node:assert/strict";
import { once } from "node:events";
import type { createServer } from "node:http";
import { after, before, test } from "node:test";
import { type CloudEvent, cloudEvent } from "@google-cloud/functions-framework";
import { getTestServer } from "@google-cloud/functions-framework/testing";
import { jobIdOf } from "./jobIdOf.ts";

let received: Array<CloudEvent<unknown>> = [];
let url: string;
let server: ReturnType<typeof createServer>;
before(async () => {
  cloudEvent("probe", (event: CloudEvent<unknown>) => void received.push(event));
  server = getTestServer("probe");
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  url = `http://127.0.0.1:${typeof address === "object" && address ? address.port : 0}/`;
});
after(() => server.close());

/** A request as the functions emulator makes it and Eventarc does: a binary CloudEvent whose body is protobuf. */
async function deliver(subject: string, body: Buffer): Promise<CloudEvent<unknown>> {
  received = [];
  const answer = await fetch(url, {
    method: "POST",
    headers: {
      "content-type": "application/protobuf",
      "ce-specversion": "1.0",
      "ce-id": "1",
      "ce-source": "//firestore.googleapis.com/projects/demo/databases/(default)",
      "ce-type": "google.cloud.firestore.document.v1.written",
      "ce-subject": subject,
    },
    body: new Uint8Array(body),
  });
  assert.equal(answer.ok, true, `${answer.status}`);
  const event = received[0];
  assert.ok(event);
  return event;
}

const field = (number: number, bytes: Buffer) =>
  Buffer.concat([Buffer.from([number * 8 + 2]), varint(bytes.length), bytes]);
const varint = (value: number): Buffer =>
  value < 128
    ? Buffer.from([value])
    : Buffer.concat([Buffer.from([(value % 128) + 128]), varint(Math.floor(value / 128))]);
const documentOf = (id: string) =>
  Buffer.concat([
    field(1, Buffer.from(`projects/demo/databases/(default)/documents/results/${id}`)),
    field(2, Buffer.alloc(300, 7)),
  ]);

test("an id of ours is read from the subject, with any body", async () => {
  const event = await deliver("documents/results/0123456789abcdefghjkmnpqrs", Buffer.from([1, 2, 3]));
  assert.equal(jobIdOf(event), "0123456789abcdefghjkmnpqrs");
});

test("an id that a header can't hold comes from the body, written or deleted", async () => {
  for (const id of ["부엌 100%41", "a b", "é".repeat(100)]) {
    for (const subject of [
      `documents/results/${encodeURIComponent(id)}`,
      latin1(`documents/results/${id}`),
    ]) {
      const written = Buffer.concat([field(1, documentOf(id)), field(2, documentOf(id))]);
      assert.equal(jobIdOf(await deliver(subject, written)), id);
      assert.equal(jobIdOf(await deliver(subject, field(2, documentOf(id)))), id);
    }
  }
});

test("an event about something else, or a body that is none, names no job", async () => {
  for (const body of [
    Buffer.alloc(0),
    Buffer.from([0xff, 0xff, 0xff]),
    field(1, Buffer.from("x")),
    field(3, documentOf("a b")),
  ]) {
    assert.equal(jobIdOf({ subject: "documents/results/a%20b", data: body }), undefined);
  }
  assert.equal(jobIdOf({ subject: "documents/jobs/a", data: undefined }), undefined);
  assert.equal(jobIdOf({ subject: "documents/results/a/b/c", data: undefined }), undefined);
});

/** UTF-8 bytes as a header carries them without escapes. */
function latin1(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}
