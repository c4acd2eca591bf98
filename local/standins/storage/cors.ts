/** Browsers may use signed URLs and session URIs from any page, as a bucket with a generous CORS configuration lets them. */
import { type Exchange, header, sendEmpty } from "./exchange.ts";

const EXPOSED = [
  "Content-Length",
  "Content-Range",
  "ETag",
  "Location",
  "Range",
  "X-Goog-Generation",
  "X-Goog-Hash",
  "X-Goog-Metageneration",
  "X-Goog-Stored-Content-Length",
  "X-GUploader-UploadID",
];

export function allowBrowsers(exchange: Exchange): void {
  if (header(exchange, "origin") === undefined) return;
  exchange.response.setHeader("access-control-allow-origin", "*");
  exchange.response.setHeader("access-control-expose-headers", EXPOSED.join(", "));
}

export function answerPreflight(exchange: Exchange): void {
  const wanted = header(exchange, "access-control-request-headers") ?? "";
  sendEmpty(exchange, 200, {
    "access-control-allow-methods": "DELETE, GET, HEAD, OPTIONS, POST, PUT",
    // Echoed only if it is a list of header names.
    ...(/^[\w!#$%&'*+.^`|~, -]+$/.test(wanted) ? { "access-control-allow-headers": wanted } : {}),
    "access-control-max-age": "3600",
  });
}
