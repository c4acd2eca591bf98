/** What `sweep` says of a queue that people have to look at. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { UNSERVED_SECONDS, watchQueue } from "#functions/sweep/watchQueue.ts";
import { silentLogger } from "#shared/platform/log/logger.ts";
import { quarantineOf } from "#shared/results/quarantineDocument.ts";
import { type QueueHarness, queueHarness } from "../queue/harness.ts";

let queue: QueueHarness;
before(async () => {
  queue = await queueHarness();
});
after(() => queue.backend.drop());

async function warnings(): Promise<unknown[]> {
  const seen: unknown[] = [];
  const log = { ...silentLogger, warn: (event: string, fields: object) => seen.push({ event, ...fields }) };
  await watchQueue({ ...queue.deps, log });
  return seen;
}

test("a line is silent, unserved, then too old by how long its first job waits", async () => {
  assert.deepEqual(await warnings(), []);
  const { kind } = await queue.submit();
  queue.pass(UNSERVED_SECONDS);
  assert.deepEqual(await warnings(), []);
  queue.pass(60);
  assert.deepEqual(await warnings(), [{ event: "engine_silent", kind, waitedSeconds: 960 }]);
  queue.pass(3 * 3600);
  assert.deepEqual(await warnings(), [
    { event: "line_too_old", kind, waitedSeconds: 11_760 },
    { event: "engine_silent", kind, waitedSeconds: 11_760 },
  ]);
  await queue.lease({ seconds: 60 });
  assert.deepEqual(await warnings(), []);
});

test("entries in quarantine are counted, and an empty one is not mentioned", async () => {
  await quarantineOf(queue.deps.firestore).doc("one").set({
    jobId: "one",
    version: "2026-01-01T00:00:00.000000Z",
    code: "malformed",
    detail: "only in a test",
    payload: "{}",
    payloadObject: null,
    spaceId: null,
    quarantinedAt: queue.now,
  });
  assert.deepEqual(await warnings(), [{ event: "quarantine_not_empty", entries: 1 }]);
});
