import assert from "node:assert/strict";
import { test } from "node:test";
import { silentLogger } from "../log/logger.ts";
import { createReadUrls } from "./readUrls.ts";
import type { UrlSigner } from "./urlSigner.ts";

const START = Date.parse("2026-03-01T10:00:00Z");

/** URLs over a signer that counts, on a clock in seconds. */
function counted(fails: (object: string) => boolean = () => false) {
  const signed: string[] = [];
  const world = { signed, seconds: 0, urls: undefined as never as ReturnType<typeof createReadUrls> };
  const unused = () => assert.fail("nothing is created here");
  const signer: UrlSigner = {
    signCreate: unused,
    signResumable: unused,
    signRead: async (object, generation) => {
      signed.push(`${object}#${generation}`);
      if (fails(object)) throw new Error("IAM is away");
      return `https://storage.example/${object}?${signed.length}`;
    },
  };
  world.urls = createReadUrls(signer, () => new Date(START + world.seconds * 1000), silentLogger);
  return world;
}

test("a page asked for again costs its signatures once in ten minutes", async () => {
  const world = counted();
  const page = () =>
    Promise.all(Array.from({ length: 400 }, (_, index) => world.urls.urlOf(`o${index}`, "1")));
  for (const seconds of [0, 1, 60, 600]) {
    world.seconds = seconds;
    await page();
  }
  assert.equal(world.signed.length, 400);
  world.seconds = 601;
  await page();
  assert.equal(world.signed.length, 800);
});

test("no URL is handed out with less than five minutes to live", async () => {
  const world = counted();
  for (let seconds = 0; seconds < 5_000; seconds += 37) {
    world.seconds = seconds;
    const made = await world.urls.urlOf("object", "1");
    const left = ((made?.expiresAt.getTime() ?? 0) - START) / 1000 - seconds;
    assert.ok(left >= 300 && left <= 900, `${left}`);
  }
});

test("callers at once share one signature; another generation has its own", async () => {
  const world = counted();
  await Promise.all(Array.from({ length: 50 }, () => world.urls.urlOf("object", "1")));
  await world.urls.urlOf("object", "2");
  assert.deepEqual(world.signed, ["object#1", "object#2"]);
});

test("a URL that can't be signed is undefined, alone, and is signed at the next call", async () => {
  let away = true;
  const world = counted((object) => away && object === "bad");
  const page = () => Promise.all(["good", "bad"].map((object) => world.urls.urlOf(object, "1")));
  const [good, bad] = await page();
  assert.ok(good);
  assert.equal(bad, undefined);
  away = false;
  assert.deepEqual((await page()).map(Boolean), [true, true]);
  assert.deepEqual(world.signed, ["good#1", "bad#1", "bad#1"]);
});

test("what is remembered is bounded: the least used goes first", async () => {
  const world = counted();
  await world.urls.urlOf("first", "1");
  for (let index = 0; index < 1_999; index++) await world.urls.urlOf(`o${index}`, "1");
  await world.urls.urlOf("first", "1");
  assert.equal(world.signed.length, 2_000);
  await world.urls.urlOf("one more", "1");
  await world.urls.urlOf("first", "1");
  assert.equal(world.signed.length, 2_001);
  await world.urls.urlOf("o0", "1");
  assert.equal(world.signed.length, 2_002);
});
