import assert from "node:assert/strict";
import { test } from "node:test";
import { rememberVerified } from "./verifiedTokens.ts";

/** A verifier that counts, of tokens that end a hundred seconds after 1970 began. */
function counted() {
  const world = { seconds: 0, verified: [] as string[] };
  const verify = rememberVerified(
    async (token) => {
      world.verified.push(token);
      if (token === "forged") throw new Error("forged");
      return { claims: { token }, expiresAt: 100 };
    },
    () => new Date(world.seconds * 1000),
  );
  return { world, verify };
}

test("a token is verified once until it ends, and then each time", async () => {
  const { world, verify } = counted();
  for (const seconds of [0, 50, 129.9]) {
    world.seconds = seconds;
    assert.deepEqual(await verify("one"), { token: "one" });
  }
  assert.deepEqual(world.verified, ["one"]);
  world.seconds = 130;
  await verify("one");
  await verify("one");
  assert.deepEqual(world.verified, ["one", "one", "one"]);
});

test("a token that differs in one character is another, and a refusal isn't remembered", async () => {
  const { world, verify } = counted();
  await verify("one");
  await verify("onf");
  await assert.rejects(verify("forged"), /forged/);
  await assert.rejects(verify("forged"), /forged/);
  assert.deepEqual(world.verified, ["one", "onf", "forged", "forged"]);
});

test("what is remembered is bounded: the oldest goes first", async () => {
  const { world, verify } = counted();
  for (let n = 0; n <= 5_000; n++) await verify(`t${n}`);
  world.verified.length = 0;
  await verify("t5000");
  await verify("t1");
  await verify("t0");
  assert.deepEqual(world.verified, ["t0"]);
});
