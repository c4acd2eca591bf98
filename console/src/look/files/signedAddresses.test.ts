import assert from "node:assert/strict";
import { test } from "node:test";
import { type Signed, signedAddresses } from "./signedAddresses.ts";

const signed = (url: string | undefined, urlsExpireAt: string): Signed => ({
  urlsExpireAt,
  files: [{ name: "a.glb", role: "model", contentType: "model/gltf-binary", size: 1, ...(url && { url }) }],
});
const NOON = Date.parse("2026-05-01T12:00:00Z");
const later = "2026-05-01T12:10:00Z";

/** What was answered for `again`, and how often the API was asked. */
async function ask(first: Signed, again: boolean) {
  let asked = 0;
  const addresses = signedAddresses(
    first,
    async () => {
      asked += 1;
      return signed("new", later);
    },
    () => NOON,
  );
  const [one, two] = await Promise.all([addresses.ask(again), addresses.ask(again)]);
  assert.deepEqual(one, two);
  return [one.get("a.glb"), asked];
}

test("URLs that still hold are used, and the API isn't asked", async () => {
  assert.deepEqual(await ask(signed("old", later), false), ["old", 0]);
});

test("URLs that end soon, were refused or are missing are signed again, once", async () => {
  assert.deepEqual(await ask(signed("old", "2026-05-01T12:00:10Z"), false), ["new", 1]);
  assert.deepEqual(await ask(signed("old", later), true), ["new", 1]);
  assert.deepEqual(await ask(signed(undefined, later), false), ["new", 1]);
});
