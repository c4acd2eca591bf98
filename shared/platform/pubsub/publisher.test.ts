import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import { after, beforeEach, test } from "node:test";
import { createPublisher } from "./publisher.ts";
import { JOB_EVENTS_TOPIC } from "./topics.ts";

interface Asked {
  readonly url: string | undefined;
  readonly body: unknown;
}

const asked: Asked[] = [];
/** The next answers: their statuses, or the names of their errors with status 500, or none, with the connection cut or kept. 200 after them. */
let answers: (number | string)[] = [];
let server: Server | undefined;
beforeEach(async () => {
  asked.length = 0;
  answers = [];
  if (server) return;
  server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    asked.push({ url: request.url, body: JSON.parse(Buffer.concat(chunks).toString("utf8")) });
    const answer = answers.shift() ?? 200;
    if (answer === "cut") request.socket.destroy();
    if (answer === "cut" || answer === "kept") return;
    response.statusCode = typeof answer === "string" ? 500 : answer;
    response.end(
      JSON.stringify(typeof answer === "string" ? { error: { status: answer } } : { messageIds: ["1"] }),
    );
  });
  await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server has no port");
  process.env.PUBSUB_EMULATOR_HOST = `127.0.0.1:${address.port}`;
});
after(() => {
  server?.close();
  server?.closeAllConnections();
});

const publish = (message: { type: string }, timeoutMs?: number) =>
  createPublisher({ GOOGLE_CLOUD_PROJECT: "my-project" }, timeoutMs).publish(message);

test("a message is the JSON of an event, with its type as an attribute", async () => {
  await publish({ type: "job_succeeded" });
  const data = Buffer.from('{"type":"job_succeeded"}').toString("base64");
  assert.deepEqual(asked, [
    {
      url: `/v1/projects/my-project/topics/${JOB_EVENTS_TOPIC}:publish`,
      body: { messages: [{ data, attributes: { type: "job_succeeded" } }] },
    },
  ]);
});

test("a service that is away for a moment is asked again", async () => {
  for (const passing of [503, 429, "UNAVAILABLE", "INTERNAL", "CANCELLED", "ABORTED", "DEADLINE_EXCEEDED"]) {
    asked.length = 0;
    answers = [passing];
    await publish({ type: "job_failed" });
    assert.equal(asked.length, 2, String(passing));
  }
});

test("a message whose answer is lost, or doesn't come in time, is sent again", async () => {
  for (const lost of ["cut", "kept"]) {
    asked.length = 0;
    answers = [lost];
    await publish({ type: "job_failed" }, 1000);
    assert.equal(asked.length, 2, lost);
    assert.deepEqual(asked[0], asked[1]);
  }
});

test("a service that stays away, and one that refuses, are an error", async () => {
  answers = [503, 503, 503];
  await assert.rejects(publish({ type: "job_failed" }), { code: 14 });
  assert.equal(asked.length, 3);
  for (const refusal of [403, "PERMISSION_DENIED", "INVALID_ARGUMENT"]) {
    asked.length = 0;
    answers = [refusal];
    await assert.rejects(publish({ type: "job_failed" }));
    assert.equal(asked.length, 1, String(refusal));
  }
});
