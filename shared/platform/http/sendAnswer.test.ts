import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";
import { sendAnswer } from "./sendAnswer.ts";
import { Request as ServerRequest, Response as ServerResponse } from "./webObjects.ts";

const answers: Record<string, () => ServerResponse> = {
  "/text": () => new ServerResponse("한", { status: 201, headers: { "content-type": "text/plain" } }),
  "/bytes": () => new ServerResponse(new Uint8Array([1, 2, 3])),
  "/none": () => new ServerResponse(null, { status: 204 }),
  "/empty": () => new ServerResponse(null),
  "/stream": () => new ServerResponse(new Blob(["a stream"]).stream()),
  "/cookies": () =>
    new ServerResponse("", {
      headers: [
        ["set-cookie", "a=1"],
        ["set-cookie", "b=2"],
      ],
    }),
};
const server = createServer((incoming, outgoing) => {
  const answer = answers[incoming.url ?? ""]?.();
  // It has what is sent of an answer.
  void sendAnswer((answer ?? new ServerResponse(null, { status: 404 })) as unknown as Response, outgoing);
});
let origin: string;
before(async () => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  // A TCP server's address is of this shape.
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
after(() => server.close());

async function ask(path: string, method = "GET") {
  const response = await fetch(origin + path, { method });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

test("an answer says how many bytes its body has, unless there can be none", async () => {
  const lengths = await Promise.all(
    ["/text", "/bytes", "/empty", "/none", "/stream"].map(async (path) => {
      const { status, headers, text } = await ask(path);
      return [path, status, headers.get("content-length"), text];
    }),
  );
  assert.deepEqual(lengths, [
    ["/text", 201, "3", "한"],
    ["/bytes", 200, "3", "\u0001\u0002\u0003"],
    ["/empty", 200, "0", ""],
    ["/none", 204, null, ""],
    ["/stream", 200, null, "a stream"],
  ]);
  assert.equal((await ask("/text", "HEAD")).headers.get("content-length"), null);
});

test("a caller who is gone before a stream begins ends it", async () => {
  const { promise: cancelled, resolve: cancel } = Promise.withResolvers<void>();
  const { promise: aborted, resolve: abort } = Promise.withResolvers<void>();
  const late = createServer(async (incoming, outgoing) => {
    leaving.abort();
    await once(outgoing, "close");
    const { signal } = new ServerRequest(incoming, outgoing);
    if (signal.aborted) abort();
    const stream = new ReadableStream<Uint8Array>({ cancel: () => cancel() });
    await sendAnswer(new ServerResponse(stream) as unknown as Response, outgoing);
  });
  const leaving = new AbortController();
  late.listen(0, "127.0.0.1");
  await once(late, "listening");
  const { port } = late.address() as AddressInfo; // a TCP server's address is of this shape
  await assert.rejects(fetch(`http://127.0.0.1:${port}/`, { signal: leaving.signal }));
  await Promise.all([cancelled, aborted]);
  late.close();
});

test("each cookie is a header of its own", async () => {
  assert.deepEqual((await ask("/cookies")).headers.getSetCookie(), ["a=1", "b=2"]);
});
