/** Refusals in Google's two notations: XML for signed URLs, JSON for the API that the client libraries speak. */
import { z } from "zod";

/** Everything a refusal says; plain data, so that a resumable session can keep the one it ended with. */
export const refusalSchema = z.object({
  status: z.int(),
  /** The XML API's `<Code>`. */
  code: z.string(),
  /** The JSON API's `reason`. */
  reason: z.string(),
  /** The XML API's `<Message>`. */
  message: z.string(),
  /** What exactly is wrong: `<Details>`, and the JSON API's `message`. */
  details: z.string().exactOptional(),
  /** Further XML elements, such as `<CanonicalRequest>`. */
  elements: z.record(z.string(), z.string()).exactOptional(),
  headers: z.record(z.string(), z.string()).exactOptional(),
});
export type Refusal = z.infer<typeof refusalSchema>;

/** Thrown where a request is found wanting; turned into an answer in one place. */
export class StorageError extends Error {
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(refusal.details ?? refusal.message);
    this.name = "StorageError";
    this.refusal = refusal;
  }
}

function failure(status: number, code: string, reason: string, message: string, details?: string) {
  return new StorageError({ status, code, reason, message, ...(details === undefined ? {} : { details }) });
}

export const noSuchBucket = () =>
  failure(404, "NoSuchBucket", "notFound", "The specified bucket does not exist.");
export const noSuchObject = (bucket: string, name: string) =>
  failure(
    404,
    "NoSuchKey",
    "notFound",
    "The specified key does not exist.",
    `No such object: ${bucket}/${name}`,
  );
export const noSuchUpload = () =>
  failure(404, "NoSuchUpload", "notFound", "The requested upload was not found.");
export const notFound = () => failure(404, "InvalidURI", "notFound", "Not Found");
export const preconditionFailed = () =>
  failure(
    412,
    "PreconditionFailed",
    "conditionNotMet",
    "At least one of the pre-conditions you specified did not hold.",
  );
export const notModified = () => failure(304, "NotModified", "notModified", "Not Modified");
export const invalidArgument = (details: string) =>
  failure(400, "InvalidArgument", "invalid", "Invalid argument.", details);
export const invalidUri = () => failure(400, "InvalidURI", "invalid", "Couldn't parse the specified URI.");
export const badDigest = (details: string) =>
  failure(
    400,
    "BadDigest",
    "invalid",
    "The Content-MD5 or x-goog-hash you specified did not match what we received.",
    details,
  );
export const invalidDigest = (details: string) =>
  failure(
    400,
    "InvalidDigest",
    "invalid",
    "The Content-MD5 or x-goog-hash you specified is invalid.",
    details,
  );
export const tooLarge = () =>
  failure(
    400,
    "EntityTooLarge",
    "invalid",
    "Your proposed upload is larger than the maximum object size specified in your Policy Document.",
    "Content-length exceeds upper bound on range",
  );
export const tooSmall = () =>
  failure(
    400,
    "EntityTooSmall",
    "invalid",
    "Your proposed upload is smaller than the minimum object size specified in your Policy Document.",
    "Content-length smaller than lower bound on range",
  );
export const missingContentLength = () =>
  failure(411, "MissingContentLength", "required", "You must provide the Content-Length HTTP header.");
export const methodNotAllowed = () =>
  failure(
    405,
    "MethodNotAllowed",
    "httpMethodNotAllowed",
    "The specified method is not allowed against this resource.",
  );
/** Something that Google has and this stand-in hasn't. */
export const notImplemented = (what: string) =>
  failure(
    501,
    "NotImplemented",
    "notImplemented",
    "A header or query you provided requested a function that is not implemented.",
    what,
  );
export const accessDenied = (details: string) =>
  failure(403, "AccessDenied", "forbidden", "Access denied.", details);
/** A caller without a name lacks a permission. */
export const loginRequired = (details: string) =>
  new StorageError({
    status: 401,
    code: "AuthenticationRequired",
    reason: "required",
    message: "Authentication required.",
    details,
    headers: { "www-authenticate": 'Bearer realm="https://accounts.google.com/"' },
  });
export const invalidCredentials = () => failure(401, "InvalidSecurity", "authError", "Invalid Credentials");
export const uploadCancelled = () =>
  failure(499, "ClientClosedRequest", "cancelled", "The upload was cancelled.");
export const internalError = () =>
  failure(500, "InternalError", "backendError", "We encountered an internal error. Please try again.");
export const rangeNotSatisfiable = (range: string, size: number) =>
  new StorageError({
    status: 416,
    code: "InvalidRange",
    reason: "requestedRangeNotSatisfiable",
    message: "The requested range cannot be satisfied.",
    details: range,
    headers: { "content-range": `bytes */${size}` },
  });
/** A query parameter or header of a signed request that can't be read, or is missing. */
export const malformedSecurityHeader = (details: string, parameter: string) =>
  new StorageError({
    status: 400,
    code: "MalformedSecurityHeader",
    reason: "invalid",
    message: "Invalid argument.",
    details: `Your request has a malformed header. ${details}`,
    elements: { ParameterName: parameter },
  });

/** The XML API's error document. */
export function xmlDocument({ code, message, details, elements }: Refusal): string {
  const parts = {
    Code: code,
    Message: message,
    ...(details === undefined ? {} : { Details: details }),
    ...elements,
  };
  const inner = Object.entries(parts).map(([tag, text]) => `<${tag}>${escapeXml(text)}</${tag}>`);
  return `<?xml version='1.0' encoding='UTF-8'?><Error>${inner.join("")}</Error>`;
}

/** The JSON API's error document. */
export function jsonDocument({ status, reason, message, details }: Refusal): string {
  const text = details ?? message;
  return JSON.stringify({
    error: { code: status, message: text, errors: [{ message: text, domain: "global", reason }] },
  });
}

const ENTITIES: Readonly<Record<string, string>> = {
  "<": "&lt;",
  ">": "&gt;",
  "&": "&amp;",
  '"': "&quot;",
  "'": "&apos;",
};

function escapeXml(text: string): string {
  // XML 1.0 has no notation at all for most control characters.
  return text
    .replace(/[^\P{Cc}\t\n\r]|[\ufffe\uffff]/gu, "\ufffd")
    .replace(/[<>&"']/g, (c) => ENTITIES[c] ?? c);
}
