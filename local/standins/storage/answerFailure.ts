import type { EventLog } from "./events.ts";
import type { Exchange } from "./exchange.ts";
import { internalError, jsonDocument, StorageError, xmlDocument } from "./failure.ts";

/** Answers an error that was thrown with the API's error document; one that isn't for the caller is a bare 500. */
export function answerFailure(exchange: Exchange, error: unknown, api: "json" | "xml", log: EventLog): void {
  const { request, response, method, query } = exchange;
  if (response.headersSent || response.destroyed) {
    // Half an answer can only be cut off: a length that isn't reached tells the client.
    response.destroy();
    return;
  }
  if (request.destroyed && !request.complete) return;
  const failure = error instanceof StorageError ? error : internalError();
  if (failure !== error)
    log("internal_error", { error: error instanceof Error ? (error.stack ?? "") : String(error) });

  const { refusal } = failure;
  const { status, message, details, headers } = refusal;
  if (status === 304) {
    response.writeHead(304);
    response.end();
    return;
  }
  const [type, text] =
    status === 499
      ? ["text/plain; charset=UTF-8", ""]
      : api === "xml"
        ? ["application/xml; charset=UTF-8", xmlDocument(refusal)]
        : query.get("alt") === "media"
          ? ["text/html; charset=UTF-8", details ?? message]
          : ["application/json; charset=UTF-8", jsonDocument(refusal)];
  if (status === 499) response.statusMessage = "Client Closed Request";
  response.writeHead(status, { ...headers, "content-type": type, "content-length": Buffer.byteLength(text) });
  response.end(method === "HEAD" ? "" : text);
}
