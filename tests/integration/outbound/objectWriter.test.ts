/** What `outbound` and `jobs` write with, with the account of `outbound`, against the stand-in: create-only, whole or not at all. */
import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { after, before, test } from "node:test";
import { buckets, PROJECT_ID } from "#local/cloud/plan.ts";
import { openRolesWorld, type RolesWorld } from "#local/testing/roles/world.ts";
import { objectStore } from "#shared/platform/storage/objectStore.ts";
import { type ObjectWriter, objectWriter } from "#shared/platform/storage/objectWriter.ts";

let world: RolesWorld;
let writer: ObjectWriter;
/** Looks at what was written, with an account that may do so. */
let store: ReturnType<typeof objectStore>;
before(async () => {
  world = await openRolesWorld();
  const settings = { GOOGLE_CLOUD_PROJECT: PROJECT_ID };
  store = objectStore(buckets.UPLOADS_BUCKET, settings);
  await store.look("none");
  // From here on, new clients of this process have the account of `outbound`.
  await world.perform("outbound", { client: "uploads", method: "write" });
  writer = objectWriter(buckets.UPLOADS_BUCKET, settings);
});
after(() => world.close());

async function* pieces(count: number, endWith?: Error): AsyncGenerator<Buffer> {
  for (let n = 0; n < count; n++) yield Buffer.alloc(65_536, n);
  if (endWith) throw endWith;
}

test("an object is streamed whole, and one that is there isn't replaced", async () => {
  assert.equal(await writer.stream("a", Readable.from(pieces(40)), "video/mp4"), true);
  const first = await store.look("a");
  assert.deepEqual([first?.size, first?.contentType], [40 * 65_536, "video/mp4"]);
  assert.equal(await writer.stream("a", Readable.from(pieces(1)), "text/plain"), false);
  assert.equal(await writer.write("a", Buffer.from("other"), "text/plain"), false);
  assert.equal((await store.look("a"))?.generation, first?.generation);
  assert.equal(await writer.write("empty", Buffer.alloc(0), "text/plain"), true);
  assert.equal((await store.look("empty"))?.size, 0);
});

test("a body that breaks off leaves no object, and the error is the body's own", async () => {
  const cut = new Error("cut");
  for (const count of [0, 1, 5, 200]) {
    await assert.rejects(writer.stream(`cut-${count}`, Readable.from(pieces(count, cut)), "video/mp4"), cut);
    assert.equal(await store.look(`cut-${count}`), undefined);
  }
  assert.equal(await writer.stream("cut-5", Readable.from(pieces(5)), "video/mp4"), true);
});
