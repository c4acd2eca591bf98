/** What a request's body must be before a route reads it: small, JSON, UTF-8, not compressed. */
import { isUtf8 } from "node:buffer";
import type { IncomingMessage } from "node:http";
import { errors } from "../errors.ts";
import type { AppContext } from "./appEnv.ts";

/** Bodies of our JSON routes are small; the largest is a completion with 64 KB of data. */
const MAX_BODY_BYTES = 256 * 1024;

/**
 * Refuses a body that no route reads, and writes the content type of the others in one way. A body that is declared too large is not
 * read, and one whose length is not declared is read up to the limit.
 * @throws `body_too_large`, `unsupported_media_type`, `invalid_request`
 */
export async function refuseUnreadableBody(c: AppContext): Promise<void> {
  if (c.req.method === "GET" || c.req.method === "HEAD") return;
  if (Number(c.req.header("content-length") ?? "0") > MAX_BODY_BYTES) throw tooLarge();
  const length = await takeBody(c);
  if (length > MAX_BODY_BYTES) throw tooLarge();
  if (length === 0) return;
  const encoding = sentHeader(c, "content-encoding");
  if (encoding !== undefined && encoding.trim().toLowerCase() !== "identity") {
    throw errors.unsupportedMediaType("send the body without a content encoding");
  }
  if (!isJson(c.req.header("content-type") ?? "")) {
    throw errors.unsupportedMediaType("send the body as application/json, in UTF-8");
  }
  c.req.raw.headers.set("content-type", "application/json");
}

/**
 * For routes that read a body: refuses bytes that aren't UTF-8 (RFC 8259 section 8.1), which would otherwise be read as replacement
 * characters. Many clients name a content type without sending a body; where the body may be absent, that is an absent body too.
 * @throws `invalid_request`
 */
export async function requireReadableBody(c: AppContext, required: boolean): Promise<void> {
  const bytes = Buffer.from(await c.req.arrayBuffer());
  if (!isUtf8(bytes)) throw errors.invalidRequest("the body is not UTF-8");
  if (bytes.length === 0 && !required) c.req.raw.headers.delete("content-type");
}

function tooLarge(): Error {
  return errors.bodyTooLarge(`a request body may have at most ${MAX_BODY_BYTES} bytes`);
}

/**
 * Reads the body into `rawBody`, where the framework would have left it and the server's adapter looks for it.
 * @returns its length, or a larger one than the limit as soon as it is
 * @throws `invalid_request` when the caller leaves in the middle of it
 */
async function takeBody(c: AppContext): Promise<number> {
  const incoming: (IncomingMessage & { rawBody?: unknown }) | undefined = c.env?.incoming;
  if (!incoming) return Number(c.req.header("content-length") ?? "0");
  if (incoming.rawBody instanceof Buffer) return incoming.rawBody.length;
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of incoming.iterator({ destroyOnReturn: false })) {
      length += chunk.length;
      if (length > MAX_BODY_BYTES) break;
      chunks.push(chunk);
    }
  } catch (cause) {
    // Its error is like that of a store whose connection is lost.
    throw errors.invalidRequest("the body ended before its length", { cause });
  }
  if (length > MAX_BODY_BYTES) {
    // What follows is thrown away, so that the connection takes further requests. Node does so by itself only with a body that nothing was read of.
    incoming.resume();
    return length;
  }
  incoming.rawBody = Buffer.concat(chunks);
  return length;
}

/** Whether a content type is JSON in UTF-8: by its essence in any case, with any parameters but another charset. */
function isJson(contentType: string): boolean {
  const [essence = "", ...parameters] = contentType.toLowerCase().split(";");
  if (essence.trim() !== "application/json") return false;
  const charset = parameters.map((parameter) => /^\s*charset\s*=\s*"?([^"]*?)"?\s*$/.exec(parameter)?.[1]);
  return charset.every((name) => name === undefined || name === "utf-8" || name === "utf8");
}

/** A header as it was sent, also where `takeRequests` has hidden it from the framework. */
function sentHeader(c: AppContext, name: string): string | undefined {
  const raw = c.env?.incoming?.rawHeaders;
  if (!raw) return c.req.header(name);
  const index = raw.findIndex((text, at) => at % 2 === 0 && text.toLowerCase() === name);
  return index === -1 ? undefined : raw[index + 1];
}
