import assert from "node:assert/strict";
import { test } from "node:test";
import { attempts } from "./attempts.ts";
import { OfflineError, ProblemError } from "./problem.ts";

function counting() {
  let count = 0;
  return attempts(() => `k${++count}`);
}

const answer = async (key: string) => key;
function failing(error: unknown) {
  const keys: string[] = [];
  return {
    keys,
    send: async (key: string): Promise<string> => {
      keys.push(key);
      throw error;
    },
  };
}

test("a body keeps its key while no answer has come, and gets another one after", async () => {
  const { send } = counting();
  for (const lost of [
    new OfflineError(undefined),
    new ProblemError({}, new Response(null, { status: 503 })),
  ]) {
    const failed = failing(lost);
    await assert.rejects(send({ a: 1 }, failed.send));
    assert.deepEqual([await send({ a: 1 }, answer)], failed.keys);
  }
  assert.equal(await send({ a: 1 }, answer), "k3");
});

test("another body has another key, and a refusal is an answer", async () => {
  const { send } = counting();
  const refused = failing(new ProblemError({ code: "code_rejected" }, new Response(null, { status: 422 })));
  await assert.rejects(send({ a: 1 }, refused.send));
  assert.equal(await send({ a: 2 }, answer), "k2");
  assert.equal(await send({ a: 1 }, answer), "k3");
});
