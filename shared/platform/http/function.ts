import type { ServerResponse } from "node:http";
import type { HttpFunction } from "@google-cloud/functions-framework";
import type { App } from "./appEnv.ts";
import { takeBodiesUnparsed } from "./unparsedBodies.ts";
import { Request as ServerRequest } from "./webObjects.ts";

/** The function as functions-framework calls it; the body is unread. */
export function httpFunction(app: App): HttpFunction {
  takeBodiesUnparsed();
  return async (incoming, outgoing) => {
    const request = new ServerRequest(incoming, outgoing);
    // It has what the router and our routes use of a request.
    const response = await app.fetch(request as unknown as Request, { incoming, outgoing });
    await answer(response, outgoing);
  };
}

async function answer(response: Response, outgoing: ServerResponse): Promise<void> {
  for (const [name, value] of response.headers) if (name !== "set-cookie") outgoing.setHeader(name, value);
  const cookies = response.headers.getSetCookie();
  if (cookies.length > 0) outgoing.setHeader("set-cookie", cookies);
  outgoing.statusCode = response.status;
  // Node's own body is always a stream; in a function it is what the route gave.
  const body: unknown = response.body;
  if (body instanceof ReadableStream) return sendStream(body, outgoing);
  if (body === null) outgoing.end();
  else outgoing.end(typeof body === "string" ? body : Buffer.from(body as ArrayBuffer));
}

/** Sends chunks as they come, at the caller's pace; a caller who goes away ends the stream. */
async function sendStream(body: ReadableStream<Uint8Array>, outgoing: ServerResponse): Promise<void> {
  const reader = body.getReader();
  const gone = () => void reader.cancel().catch(() => {});
  outgoing.once("close", gone);
  outgoing.flushHeaders();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      if (!outgoing.write(value)) await drained(outgoing);
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
