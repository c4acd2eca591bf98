/**
 * Firestore's messages as Google's client has them (protocol buffers as plain objects) and as its REST interface has them (proto3's JSON mapping,
 * https://protobuf.dev/programming-guides/json/).
 */

interface ProtoTimestamp {
  readonly seconds?: number | string;
  readonly nanos?: number;
}

/** Fields that hold a time. */
const TIMES: ReadonlySet<string> = new Set([
  "timestampValue",
  "createTime",
  "updateTime",
  "readTime",
  "commitTime",
]);
/** Fields that hold bytes, wherever they are. */
const BYTES: ReadonlySet<string> = new Set(["bytesValue", "transaction", "retryTransaction"]);
/** Fields that hold a number in a message of its own (google.protobuf.Int32Value, Int64Value). */
const WRAPPED: ReadonlySet<string> = new Set(["limit", "upTo"]);

/** A request as JSON text's value. Names of fields of a document are left as they are, by any name. */
export function toJson(message: unknown): unknown {
  if (Array.isArray(message)) return message.map(toJson);
  if (typeof message === "number") return numberToJson(message);
  if (!isRecord(message)) return message;
  if (message instanceof Uint8Array) return Buffer.from(message).toString("base64");
  const written: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(message)) {
    if (value === undefined || (value === null && name !== "nullValue")) continue;
    written[name] = fieldToJson(name, value);
  }
  return written;
}

function fieldToJson(name: string, value: unknown): unknown {
  if (name === "nullValue") return null;
  if (name === "fields" && isRecord(value) && !Array.isArray(value)) return mapped(value, toJson);
  // Zeros may be left out: the first moment of 1970 is `{}`.
  if (TIMES.has(name) && isRecord(value)) return timestampToJson(value);
  if (WRAPPED.has(name) && isRecord(value) && "value" in value) return value.value;
  if (BYTES.has(name) && typeof value === "string") return value;
  return toJson(value);
}

/** JSON has no number for infinities and NaN. The sign of -0 is lost. */
function numberToJson(value: number): number | string {
  return Number.isFinite(value) ? value : String(value);
}

/** An answer as Google's client reads it. */
export function fromJson(message: unknown): unknown {
  if (Array.isArray(message)) return message.map(fromJson);
  if (!isRecord(message)) return message;
  const read: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(message)) read[name] = fieldFromJson(name, value);
  // Empty parts are left out of JSON.
  if ("name" in read && "updateTime" in read) read.fields ??= {};
  return read;
}

function fieldFromJson(name: string, value: unknown): unknown {
  if ((name === "fields" || name === "aggregateFields") && isRecord(value)) return mapped(value, fromJson);
  if (TIMES.has(name) && typeof value === "string") return timestampFromJson(value);
  if (BYTES.has(name) && typeof value === "string") return Buffer.from(value, "base64");
  if (name === "doubleValue") return Number(value);
  if (name === "arrayValue" && isRecord(value))
    return { values: ((value.values ?? []) as unknown[]).map(fromJson) };
  if (name === "mapValue" && isRecord(value))
    return { fields: mapped((value.fields ?? {}) as object, fromJson) };
  return fromJson(value);
}

/** Time as RFC 3339 with nanoseconds. */
function timestampToJson({ seconds = 0, nanos = 0 }: ProtoTimestamp): string {
  const whole = new Date(Number(seconds) * 1000).toISOString().slice(0, 19);
  return `${whole}.${String(nanos).padStart(9, "0")}Z`;
}

function timestampFromJson(text: string): { seconds: number; nanos: number } {
  const [whole = "", fraction = ""] = text.replace(/Z$/, "").split(".");
  return { seconds: Date.parse(`${whole}Z`) / 1000, nanos: Number(fraction.padEnd(9, "0")) };
}

function mapped(record: object, change: (value: unknown) => unknown): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
