import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { type Answer, deliverUntilAcknowledged } from "./redelivery.ts";

mock.method(console, "error", () => {});

/** Delivers to workers that do these things, one after the other. */
async function delivered(workers: readonly ((answer: Answer) => void)[]) {
  let tries = 0;
  const waits: number[] = [];
  const status = await deliverUntilAcknowledged(
    async (answer) => workers[tries++]?.(answer),
    async (milliseconds) => waits.push(milliseconds),
  );
  return { status, tries, waits };
}

const acknowledge = (answer: Answer) => void answer.writeHead(200).end("{}");

test("an acknowledged event is delivered once", async () => {
  assert.deepEqual(await delivered([acknowledge]), { status: 200, tries: 1, waits: [] });
});

test("a worker that is killed, never ready, or gone has the event delivered again", async () => {
  const killed = (answer: Answer) => {
    answer.writeHead(500).end("socket hang up");
    answer.write("more"); // the emulator may write to it once more
  };
  const neverReady = () => {};
  const gone = () => {
    throw new Error("can't call submitRequest without checking for idle workers");
  };
  const disabled = (answer: Answer) => void answer.status(404).send("Function does not exist");
  assert.deepEqual(await delivered([killed, neverReady, gone, disabled, acknowledge]), {
    status: 200,
    tries: 5,
    waits: [500, 1_000, 2_000, 5_000],
  });
});

test("an event that is never acknowledged is given up, after many minutes", async () => {
  const { status, waits } = await delivered([]);
  assert.equal(status, 503);
  assert.ok(waits.reduce((sum, wait) => sum + wait, 0) > 15 * 60_000);
});
