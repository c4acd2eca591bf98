/**
 * V4 signed URLs (https://cloud.google.com/storage/docs/authentication/signatures): whether a request is, byte for byte, what the
 * holder of a service account's key signed. Pure: request, time and keys come in, a refusal or the signer goes out.
 */
import { createHash, createPublicKey, type KeyObject, verify } from "node:crypto";
import { accessDenied, malformedSecurityHeader, StorageError } from "./failure.ts";

/** A request as it arrived. */
export interface SignedRequest {
  readonly method: string;
  /** Percent-encoded, as sent. */
  readonly rawPath: string;
  /** What follows the question mark, as sent. */
  readonly rawQuery: string;
  /** All values of each header, under lower-case names. */
  readonly headers: ReadonlyMap<string, readonly string[]>;
}

/** A service account's public key (or certificate) in PEM; undefined for an account that isn't known. */
export type PublicKeys = (clientEmail: string) => string | undefined | Promise<string | undefined>;

const ALGORITHM = "GOOG4-RSA-SHA256";
const MAX_SECONDS = 7 * 24 * 3600;
/** How far ahead of us the signer's clock may be. */
const MAX_SKEW_MS = 15 * 60 * 1000;
const PARAMETERS = ["algorithm", "credential", "date", "expires", "signedheaders", "signature"] as const;

interface Claims {
  readonly clientEmail: string;
  /** `{date}/{location}/storage/goog4_request` */
  readonly scope: string;
  /** As sent: `20260131T235959Z`. */
  readonly date: string;
  readonly signedAt: number;
  readonly expiresAt: number;
  readonly signedHeaders: readonly string[];
  readonly signature: Buffer;
}

/** Whether the query carries a V4 signature at all, good or bad. */
export function isSigned(rawQuery: string): boolean {
  return queryPairs(rawQuery).some(([name]) => name.toLowerCase() === "x-goog-algorithm");
}

/**
 * Checks the signature, its time and that nothing which counts was left unsigned.
 * @returns the signer's address
 * @throws StorageError with Google's statuses and codes: 400 MalformedSecurityHeader or ExpiredToken, 403 AccessDenied,
 * RequestTimeTooSkewed or SignatureDoesNotMatch
 */
export async function verifySignature(
  request: SignedRequest,
  now: Date,
  publicKeys: PublicKeys,
): Promise<string> {
  const claims = readClaims(request.rawQuery);
  checkTime(claims, now.getTime());
  checkHeaders(request, claims.signedHeaders);

  const key = publicKey(await publicKeys(claims.clientEmail));
  if (key === undefined) throw accessDenied(`${claims.clientEmail} is not a known service account.`);
  const canonicals = hostSpellings(request).map((host) => canonicalRequest(request, claims, host));
  for (const canonical of canonicals) {
    const text = Buffer.from(stringToSign(claims, canonical));
    if (verify("RSA-SHA256", text, key, claims.signature)) return claims.clientEmail;
  }
  throw signatureDoesNotMatch(claims, canonicals[0] ?? "");
}

function readClaims(rawQuery: string): Claims {
  const given = new Map(queryPairs(rawQuery).map(([name, value]) => [name.toLowerCase(), value]));
  const parameter = (name: (typeof PARAMETERS)[number]): string => {
    const value = given.get(`x-goog-${name}`);
    if (value === undefined || value === "") throw malformedSecurityHeader("Parameter is missing.", name);
    return value;
  };
  const [algorithm, credential, date, expires, signedHeaders, signature] = PARAMETERS.map(parameter);
  if (algorithm !== ALGORITHM) {
    throw malformedSecurityHeader(`Only ${ALGORITHM} is supported.`, "algorithm");
  }
  const parts = /^([^/]+)\/((\d{8})\/[^/]+\/storage\/goog4_request)$/.exec(credential ?? "");
  const [, clientEmail, scope, scopeDate] = parts ?? [];
  if (clientEmail === undefined || scope === undefined || scopeDate === undefined) {
    throw malformedSecurityHeader(
      "Credential is not {email}/{date}/{location}/storage/goog4_request.",
      "credential",
    );
  }
  const signedAt = parseDate(date ?? "");
  if (signedAt === undefined) throw malformedSecurityHeader("Date is not YYYYMMDD'T'HHMMSS'Z'.", "date");
  if (!date?.startsWith(scopeDate)) {
    throw malformedSecurityHeader("Credential's date is not the request's date.", "credential");
  }
  const seconds = /^\d{1,9}$/.test(expires ?? "") ? Number(expires) : 0;
  if (seconds < 1 || seconds > MAX_SECONDS) {
    throw malformedSecurityHeader(`Expires must be 1 to ${MAX_SECONDS} seconds.`, "expires");
  }
  if (!/^([0-9a-f]{2})+$/i.test(signature ?? "")) {
    throw malformedSecurityHeader("Signature was not hexadecimal.", "signature");
  }
  return {
    clientEmail,
    scope,
    date,
    signedAt,
    expiresAt: signedAt + seconds * 1000,
    signedHeaders: (signedHeaders ?? "").split(";"),
    signature: Buffer.from(signature ?? "", "hex"),
  };
}

function parseDate(text: string): number | undefined {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (parts === null) return undefined;
  const [, year, month, day, hour, minute, second] = parts;
  const millis = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(millis) ? undefined : millis;
}

function checkTime({ signedAt, expiresAt }: Claims, now: number): void {
  if (now < signedAt - MAX_SKEW_MS) {
    throw new StorageError({
      status: 403,
      code: "RequestTimeTooSkewed",
      reason: "forbidden",
      message: "The difference between the request time and the server's time is too large.",
    });
  }
  if (now > expiresAt) {
    const when = new Date(expiresAt).toISOString().replace(".000Z", "+00:00");
    throw new StorageError({
      status: 400,
      code: "ExpiredToken",
      reason: "invalid",
      message: "Invalid argument.",
      details: `The provided token has expired. Request signature expired at: ${when}`,
    });
  }
}

function checkHeaders({ headers }: SignedRequest, signed: readonly string[]): void {
  if (!signed.includes("host")) {
    throw malformedSecurityHeader("The host header must be signed.", "signedheaders");
  }
  for (const name of signed) {
    if (name !== "host" && !headers.has(name)) {
      throw malformedSecurityHeader("Header was included in signedheaders, but not in the request.", name);
    }
  }
  for (const name of headers.keys()) {
    // Such headers change what happens to the object, so who signs decides about them.
    if (name.startsWith("x-goog-") && !signed.includes(name)) {
      throw malformedSecurityHeader("Header was included in the request, but not in signedheaders.", name);
    }
  }
}

/** Google's Node.js client signs the host without the port, others with it. */
function hostSpellings({ headers }: SignedRequest): string[] {
  const host = headers.get("host")?.[0] ?? "";
  const withoutPort = host.replace(/:\d+$/, "");
  return withoutPort === host ? [host] : [withoutPort, host];
}

function canonicalRequest(request: SignedRequest, { signedHeaders }: Claims, host: string): string {
  const { method, rawPath, rawQuery, headers } = request;
  const query = queryPairs(rawQuery)
    .filter(([name]) => name.toLowerCase() !== "x-goog-signature")
    .map(([name, value]) => [encode(name), encode(value)] as const)
    .sort((a, b) => byBytes(a[0], b[0]) || byBytes(a[1], b[1]))
    .map(([name, value]) => `${name}=${value}`);
  const lines = signedHeaders.map((name) => {
    const values = name === "host" ? [host] : (headers.get(name) ?? []);
    return `${name}:${values.map((value) => value.trim().replace(/\s{2,}/g, " ")).join(",")}\n`;
  });
  const payload = headers.get("x-goog-content-sha256")?.[0] ?? "UNSIGNED-PAYLOAD";
  return [
    method,
    canonicalPath(rawPath),
    query.join("&"),
    lines.join(""),
    signedHeaders.join(";"),
    payload,
  ].join("\n");
}

function stringToSign({ date, scope }: Claims, canonical: string): string {
  return [ALGORITHM, date, scope, createHash("sha256").update(canonical).digest("hex")].join("\n");
}

function signatureDoesNotMatch(claims: Claims, canonical: string): StorageError {
  return new StorageError({
    status: 403,
    code: "SignatureDoesNotMatch",
    reason: "forbidden",
    message: "Access denied.",
    details:
      "The request signature we calculated does not match the signature you provided. Check your Google secret key and signing method.",
    elements: { StringToSign: stringToSign(claims, canonical), CanonicalRequest: canonical },
  });
}

/** Decoded and encoded again, so that `~` and `%7E` are the same path, as they name the same object. */
function canonicalPath(rawPath: string): string {
  return rawPath
    .split("/")
    .map((segment) => encode(decode(segment)))
    .join("/");
}

function queryPairs(rawQuery: string): [string, string][] {
  if (rawQuery === "") return [];
  return rawQuery.split("&").map((pair) => {
    const equals = pair.indexOf("=");
    const name = equals < 0 ? pair : pair.slice(0, equals);
    const value = equals < 0 ? "" : pair.slice(equals + 1);
    return [decode(name.replaceAll("+", " ")), decode(value.replaceAll("+", " "))];
  });
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // not an encoding of anything that could have been signed
  }
}

/** RFC 3986: everything but unreserved characters. */
function encode(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function byBytes(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function publicKey(pem: string | undefined): KeyObject | undefined {
  if (pem === undefined) return undefined;
  return createPublicKey(pem);
}
