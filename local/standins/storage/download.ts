/** Answering with an object's bytes, whole or in part; the same for both APIs. */
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { type Exchange, header, headerText } from "./exchange.ts";
import { notModified, preconditionFailed, rangeNotSatisfiable } from "./failure.ts";
import { apiEtag, type StoredObject, xmlEtag } from "./object.ts";
import type { ObjectStorage } from "./objectStorage.ts";

export interface Wanted {
  readonly bucket: string;
  readonly name: string;
  readonly generation?: number;
  /** Which API's entity tag the caller knows. */
  readonly etag: "api" | "xml";
  /** Headers that a signed query asks for instead of the object's own. */
  readonly overrides?: Readonly<Record<string, string>>;
  /** Preconditions of the API. @throws StorageError */
  readonly check?: (object: StoredObject) => void;
}

/** Answers GET or HEAD. @throws StorageError 304, 404, 412, 416 */
export async function download(exchange: Exchange, storage: ObjectStorage, wanted: Wanted): Promise<void> {
  const { response, method } = exchange;
  const { object, file } = await storage.open(wanted.bucket, wanted.name, wanted.generation, wanted.check);
  try {
    const etag = wanted.etag === "xml" ? xmlEtag(object) : apiEtag(object);
    checkEtags(exchange, etag);
    const headers: Record<string, string> = {
      ...objectHeaders(object),
      ...contentHeaders(object),
      etag,
      ...wanted.overrides,
    };
    const gunzip = object.fields.contentEncoding === "gzip" && !acceptsGzip(exchange);
    if (gunzip) {
      const { "content-encoding": _, ...plain } = headers;
      response.writeHead(200, { ...plain, warning: "214 UploadServer gunzipped" });
      if (method === "HEAD") response.end();
      else await pipeline(file.createReadStream(), createGunzip(), response);
      return;
    }
    const range = rangeOf(exchange, object.size, etag);
    const length = range === undefined ? object.size : range.end - range.start + 1;
    response.writeHead(range === undefined ? 200 : 206, {
      ...headers,
      "accept-ranges": "bytes",
      "content-length": length,
      ...(range === undefined ? {} : { "content-range": `bytes ${range.start}-${range.end}/${object.size}` }),
    });
    if (method === "HEAD" || length === 0) response.end();
    else await pipeline(file.createReadStream(range ?? {}), response);
  } finally {
    await file.close();
  }
}

/** The headers that describe an object's bytes, in answers to downloads and uploads alike. */
export function objectHeaders(object: StoredObject): Record<string, string> {
  const { generation, metageneration, size, crc32c, md5, fields } = object;
  return {
    etag: xmlEtag(object),
    "x-goog-generation": String(generation),
    "x-goog-metageneration": String(metageneration),
    "x-goog-hash": `crc32c=${crc32c}${md5 === null ? "" : `,md5=${md5}`}`,
    "x-goog-storage-class": headerText(fields.storageClass ?? "STANDARD"),
    "x-goog-stored-content-encoding": headerText(fields.contentEncoding ?? "identity"),
    "x-goog-stored-content-length": String(size),
  };
}

function contentHeaders({ fields, updatedAt }: StoredObject): Record<string, string> {
  const headers: Record<string, string> = {
    "content-type": headerText(fields.contentType ?? "application/octet-stream"),
    "cache-control": headerText(fields.cacheControl ?? "private, max-age=0"),
    "last-modified": new Date(updatedAt).toUTCString(),
  };
  const optional = {
    "content-disposition": fields.contentDisposition,
    "content-encoding": fields.contentEncoding,
    "content-language": fields.contentLanguage,
  };
  for (const [name, value] of Object.entries(optional)) {
    if (value !== undefined && value !== "") headers[name] = headerText(value);
  }
  for (const [key, value] of Object.entries(fields.metadata ?? {})) {
    if (/^[\w!#$%&'*+.^`|~-]+$/.test(key)) headers[`x-goog-meta-${key.toLowerCase()}`] = headerText(value);
  }
  return headers;
}

function checkEtags(exchange: Exchange, etag: string): void {
  const matches = (list: string) => list === "*" || list.split(",").some((tag) => tag.trim() === etag);
  const match = header(exchange, "if-match");
  if (match !== undefined && !matches(match)) throw preconditionFailed();
  const noneMatch = header(exchange, "if-none-match");
  if (noneMatch !== undefined && matches(noneMatch)) throw notModified();
}

function acceptsGzip(exchange: Exchange): boolean {
  return /\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))/.test(header(exchange, "accept-encoding") ?? "");
}

/** One range; several, or none that can be read, mean the whole object (RFC 9110, 14.2). @throws StorageError 416 */
function rangeOf(exchange: Exchange, size: number, etag: string): { start: number; end: number } | undefined {
  const text = header(exchange, "range");
  const ifRange = header(exchange, "if-range");
  if (text === undefined || (ifRange !== undefined && ifRange !== etag)) return undefined;
  const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(text.trim()) ?? [];
  if (first === undefined || last === undefined || (first === "" && last === "")) return undefined;
  if (first === "") {
    const start = Math.max(0, size - Number(last));
    if (start >= size) throw rangeNotSatisfiable(text, size);
    return { start, end: size - 1 };
  }
  const start = Number(first);
  if (last !== "" && Number(last) < start) return undefined;
  if (start >= size) throw rangeNotSatisfiable(text, size);
  return { start, end: last === "" ? size - 1 : Math.min(Number(last), size - 1) };
}
