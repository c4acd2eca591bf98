import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type TestContext, test } from "node:test";
import { testFirestore } from "../testing/backends.ts";
import { askEmulator } from "./askEmulator.ts";

/** An emulator with these answers, one after the other; the last one is repeated. */
async function emulator(t: TestContext, statuses: readonly number[]) {
  const methods: string[] = [];
  const server = createServer((request, response) => {
    const status = statuses[Math.min(methods.length, statuses.length - 1)] ?? 500;
    methods.push(request.method ?? "");
    response.writeHead(status).end(`{"error":{"code":${status}}}`);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  // A port that was listened on.
  const { port } = server.address() as AddressInfo;
  const ask = () => askEmulator("clearing", `http://127.0.0.1:${port}/`, () => ({ method: "DELETE" }));
  return { ask, methods };
}

test("what the emulator refuses for a moment is asked again", async (t) => {
  const { ask, methods } = await emulator(t, [409, 500, 503, 200]);
  await ask();
  assert.deepEqual(methods, ["DELETE", "DELETE", "DELETE", "DELETE"]);
});

test("what it refuses for good is asked once, and its words are in the error", async (t) => {
  const { ask, methods } = await emulator(t, [404, 200]);
  await assert.rejects(ask, /answered 404 to clearing: \{"error":\{"code":404\}\}/);
  assert.equal(methods.length, 1);
});

test("what it always refuses is given up", async (t) => {
  const { ask, methods } = await emulator(t, [500]);
  await assert.rejects(ask, /answered 500 to clearing/);
  assert.equal(methods.length, 20);
});

test("a Firestore is cleared although a transaction keeps a lock at first", async () => {
  const store = await testFirestore();
  const kept = store.firestore.doc("things/kept");
  await kept.set({ at: "first" });
  const locked = Promise.withResolvers<void>();
  const release = Promise.withResolvers<void>();
  let attempts = 0;
  const transaction = store.firestore.runTransaction(async (open) => {
    await open.get(kept);
    attempts += 1;
    locked.resolve();
    await release.promise;
  });
  await locked.promise;
  const url = `http://${store.host}/emulator/v1/projects/${store.projectId}/databases/(default)/documents`;
  const refused = await fetch(url, { method: "DELETE" });
  assert.deepEqual([refused.status, attempts], [409, 1]); // it has waited for the lock as long as it does
  const clearing = store.clear();
  release.resolve();
  await Promise.all([clearing, transaction]);
  assert.equal((await kept.get()).exists, false);
  await store.drop();
});
