import type { ServerResponse } from "node:http";

/** Writes an answer of the app to the socket: at once with its length, unless its body is a stream. */
export async function sendAnswer(response: Response, outgoing: ServerResponse): Promise<void> {
  const headers: string[] = [];
  for (const [name, value] of response.headers) headers.push(name, value);
  // Node's own body is always a stream; in a function it is what the route gave.
  const body: unknown = response.body;
  if (body instanceof ReadableStream) {
    outgoing.writeHead(response.status, headers);
    return sendStream(body, outgoing);
  }
  const content = typeof body === "string" || body === null ? (body ?? "") : Buffer.from(body as ArrayBuffer);
  // An answer without a body has no length either (RFC 9110 section 8.6).
  if (outgoing.req.method !== "HEAD" && response.status !== 204 && response.status !== 304)
    headers.push("content-length", String(Buffer.byteLength(content)));
  outgoing.writeHead(response.status, headers);
  outgoing.end(content);
}

/** Sends chunks as they come, at the caller's pace; a caller who goes away ends the stream. */
async function sendStream(body: ReadableStream<Uint8Array>, outgoing: ServerResponse): Promise<void> {
  const reader = body.getReader();
  const gone = () => void reader.cancel().catch(() => {});
  outgoing.once("close", gone);
  // Who left before has been reported.
  if (outgoing.destroyed) gone();
  outgoing.flushHeaders();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      if (!outgoing.write(value) && !outgoing.destroyed) await drained(outgoing);
    }
    outgoing.end();
  } catch {
    // The answer has begun, so that it is cut off is all that can still be said.
    outgoing.destroy();
  } finally {
    outgoing.off("close", gone);
  }
}

function drained(outgoing: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const go = () => {
      outgoing.off("drain", go).off("close", go);
      resolve();
    };
    outgoing.once("drain", go).once("close", go);
  });
}
