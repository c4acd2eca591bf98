/** One HTTP request and its answer, as the two APIs see them. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { invalidArgument, invalidUri } from "./failure.ts";

export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly method: string;
  /** Percent-encoded, as sent. */
  readonly rawPath: string;
  readonly rawQuery: string;
  readonly query: URLSearchParams;
  /** `http://host:port` as the caller knows us. */
  readonly origin: string;
  /** The caller waits for a go-ahead before it sends the body (`Expect: 100-continue`). */
  readonly awaitsContinue: boolean;
}

/** @throws StorageError 400 */
export function openExchange(
  request: IncomingMessage,
  response: ServerResponse,
  baseUrl: string,
  awaitsContinue: boolean,
): Exchange {
  const url = request.url ?? "/";
  // A client that takes us for a proxy sends the whole URL.
  const target = url.startsWith("/") ? url : url.replace(/^https?:\/\/[^/?]*/, "");
  const mark = target.indexOf("?");
  const rawQuery = mark < 0 ? "" : target.slice(mark + 1);
  return {
    request,
    response,
    method: request.method ?? "GET",
    rawPath: mark < 0 ? target : target.slice(0, mark),
    rawQuery,
    query: new URLSearchParams(rawQuery),
    origin: request.headers.host === undefined ? baseUrl : `http://${request.headers.host}`,
    awaitsContinue,
  };
}

/** A header's first value. Node gives bytes as Latin-1 characters; UTF-8 is what is meant. */
export function header({ request }: Exchange, name: string): string | undefined {
  const value = request.headersDistinct[name]?.[0];
  return value === undefined ? undefined : Buffer.from(value, "latin1").toString("utf8");
}

/** A percent-encoded piece of a path. @throws StorageError 400 */
export function decodePath(raw: string): string {
  try {
    return decodeURIComponent(raw);
  } catch {
    throw invalidUri();
  }
}

/**
 * The request's bytes as they arrive. Leaving the loop early leaves the connection open, so that a refusal can be sent.
 * @throws Error when the connection is cut, after all that has arrived until then
 */
export async function* body({ request, response, awaitsContinue }: Exchange): AsyncGenerator<Buffer> {
  if (awaitsContinue) response.writeContinue();
  try {
    for await (const chunk of request.iterator({ destroyOnReturn: false })) yield bytesOf(chunk);
  } catch (error) {
    // The iterator gives up at once, with bytes still waiting in the stream's buffer.
    for (let chunk: unknown = request.read(); chunk !== null; chunk = request.read()) yield bytesOf(chunk);
    throw error;
  }
}

function bytesOf(chunk: unknown): Buffer {
  return Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
}

/** A small JSON body; an empty one is an empty object. @throws StorageError 400 */
export async function jsonBody(exchange: Exchange): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body(exchange)) {
    size += chunk.length;
    if (size > MAX_JSON_BYTES) throw invalidArgument("The request's JSON document is too large.");
    chunks.push(chunk);
  }
  return parseJson(Buffer.concat(chunks).toString("utf8"));
}

/** Cloud Storage limits an object's custom metadata to 8 KiB; this leaves room for everything else. */
export const MAX_JSON_BYTES = 1024 * 1024;

/** @throws StorageError 400 */
export function parseJson(text: string): unknown {
  if (text.trim() === "") return {};
  try {
    return JSON.parse(text);
  } catch {
    throw invalidArgument("Parse Error");
  }
}

export function sendJson({ response }: Exchange, status: number, value: unknown): void {
  const text = JSON.stringify(value);
  response.writeHead(status, {
    "content-type": "application/json; charset=UTF-8",
    "content-length": Buffer.byteLength(text),
    "cache-control": "no-cache, no-store, max-age=0, must-revalidate",
  });
  response.end(text);
}

export function sendEmpty(
  { response }: Exchange,
  status: number,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(
    status,
    status === 204 || status === 304 ? headers : { ...headers, "content-length": "0" },
  );
  response.end();
}

/** UTF-8 in a header, as bytes; control characters are left out. */
export function headerText(text: string): string {
  return Buffer.from(text.replace(/[^\P{Cc}\t]/gu, ""), "utf8").toString("latin1");
}
