import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { isLastEvent } from "#functions/streams/watchJob.ts";
import { type TestFirestore, testFirestore } from "#local/testing/backends.ts";
import { versionOf } from "#shared/platform/firestore/version.ts";

let backend: TestFirestore;
before(async () => {
  backend = await testFirestore();
});
after(() => backend.drop());

test("the id of the latest state says that all was sent; older and foreign ids don't", async () => {
  const document = backend.firestore.doc("jobs/one");
  const earlier = versionOf((await document.set({ state: "running" })).writeTime);
  const latest = versionOf((await document.set({ state: "succeeded" })).writeTime);
  const heard = (id: string) => isLastEvent("one", id, backend.firestore);
  assert.deepEqual(await Promise.all([latest, earlier, "", "garbage"].map(heard)), [
    true,
    false,
    false,
    false,
  ]);
  await document.delete();
  assert.equal(await heard(latest), false);
});
