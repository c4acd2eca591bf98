/** What an upload's request says about the object, in headers. */
import type { Expected } from "./checksums.ts";
import { type Exchange, header } from "./exchange.ts";
import { invalidArgument, invalidDigest } from "./failure.ts";
import type { ObjectFields } from "./object.ts";

const FIELD_HEADERS = {
  contentType: "content-type",
  cacheControl: "cache-control",
  contentDisposition: "content-disposition",
  contentEncoding: "content-encoding",
  contentLanguage: "content-language",
  customTime: "x-goog-custom-time",
  storageClass: "x-goog-storage-class",
} as const;
const META = "x-goog-meta-";

/** The object's metadata, as the XML API takes it. */
export function fieldsFromHeaders(exchange: Exchange): ObjectFields {
  const fields: ObjectFields = {};
  for (const [field, name] of Object.entries(FIELD_HEADERS)) {
    const value = header(exchange, name);
    // Object.entries widens the keys of FIELD_HEADERS to string.
    if (value !== undefined) fields[field as keyof typeof FIELD_HEADERS] = value;
  }
  const metadata = Object.keys(exchange.request.headersDistinct)
    .filter((name) => name.startsWith(META) && name.length > META.length)
    .map((name) => [name.slice(META.length), header(exchange, name) ?? ""]);
  if (metadata.length > 0) fields.metadata = Object.fromEntries(metadata);
  return fields;
}

/** Sizes and checksums that were announced, or signed. @throws StorageError 400 when they can't be read */
export function expectedFromHeaders(exchange: Exchange): Expected {
  const md5 = header(exchange, "content-md5");
  const sha256 = header(exchange, "x-goog-content-sha256");
  return {
    ...(md5 === undefined ? {} : { md5: digest(md5, 16) }),
    ...hashes(exchange),
    ...(sha256 === undefined || !/^[0-9a-f]{64}$/i.test(sha256) ? {} : { sha256: sha256.toLowerCase() }),
    ...lengthRange(header(exchange, "x-goog-content-length-range")),
  };
}

/** `x-goog-hash: crc32c=…,md5=…`, also as several headers. */
function hashes({ request }: Exchange): Pick<Expected, "crc32c" | "md5"> {
  const found: { crc32c?: string; md5?: string } = {};
  for (const item of (request.headersDistinct["x-goog-hash"] ?? []).join(",").split(",")) {
    const equals = item.indexOf("=");
    const value = item.slice(equals + 1).trim();
    const name = equals < 0 ? "" : item.slice(0, equals).trim();
    if (name === "crc32c") found.crc32c = digest(value, 4);
    else if (name === "md5") found.md5 = digest(value, 16);
    else if (item.trim() !== "") throw invalidDigest(`Unknown hash in x-goog-hash: '${item.trim()}'`);
  }
  return found;
}

function digest(text: string, bytes: number): string {
  const decoded = Buffer.from(text, "base64");
  if (decoded.length !== bytes || decoded.toString("base64") !== text) {
    throw invalidDigest(`'${text}' is not the base64 of ${bytes} bytes.`);
  }
  return text;
}

function lengthRange(text: string | undefined): Pick<Expected, "lengthRange"> {
  if (text === undefined) return {};
  const [, least, most] = /^\s*(\d{1,15})\s*,\s*(\d{1,15})\s*$/.exec(text) ?? [];
  if (least === undefined || most === undefined || Number(least) > Number(most)) {
    throw invalidArgument(`Invalid x-goog-content-length-range: '${text}'`);
  }
  return { lengthRange: [Number(least), Number(most)] };
}

/** Content-Length, if there is one; Node has refused an unreadable one already. */
export function contentLength(exchange: Exchange): number | undefined {
  const text = header(exchange, "content-length");
  return text === undefined ? undefined : Number(text);
}
