/**
 * Values of documents as our code has them and as Firestore's REST interface has them
 * (https://firebase.google.com/docs/firestore/reference/rest/Shared.Types/ArrayValue#Value).
 */
import { FieldValue, GeoPoint, Timestamp, VectorValue } from "@google-cloud/firestore";
import { DocumentName } from "./documentName.ts";

/** A value in JSON: an object with one field, which names its type. */
export type JsonValue = Readonly<Record<string, unknown>>;
export type JsonFields = Readonly<Record<string, JsonValue>>;

/** Makes a reference of the place of a document that another one holds. */
export type RefOf = (name: string) => DocumentName;

/** @throws TypeError for a value that Firestore can't hold; undefined is one, so that a typo can't lose data in silence */
export function encodeValue(value: unknown, where = "a value"): JsonValue {
  if (value === null) return { nullValue: null };
  if (typeof value === "string") return { stringValue: value };
  if (typeof value === "boolean") return { booleanValue: value };
  if (typeof value === "number") return encodeNumber(value);
  if (value instanceof Timestamp) return { timestampValue: timestampToText(value) };
  if (value instanceof Date) return { timestampValue: timestampToText(Timestamp.fromDate(value)) };
  if (value instanceof Uint8Array) return { bytesValue: Buffer.from(value).toString("base64") };
  if (value instanceof DocumentName) return { referenceValue: value.name };
  if (value instanceof GeoPoint)
    return { geoPointValue: { latitude: value.latitude, longitude: value.longitude } };
  if (value instanceof VectorValue) return vectorValue(value.toArray());
  if (Array.isArray(value))
    return { arrayValue: { values: value.map((item, index) => encodeValue(item, `${where}[${index}]`)) } };
  if (isPlain(value)) return { mapValue: { fields: encodeFields(value, where) } };
  throw new TypeError(`Firestore can't hold ${where}: it is ${describe(value)}`);
}

/** As `encodeValue`, for a document or a map; a transform is no value, and is left out. */
export function encodeFields(record: object, where = "the document"): JsonFields {
  return Object.fromEntries(
    Object.entries(record)
      .filter(([, value]) => !isSentinel(value))
      .map(([name, value]) => [name, encodeValue(value, `${where}.${name}`)]),
  );
}

/** A vector is a map that says so. */
function vectorValue(numbers: readonly number[]): JsonValue {
  const values = numbers.map((doubleValue) => ({ doubleValue }));
  return { mapValue: { fields: { __type__: { stringValue: VECTOR }, value: { arrayValue: { values } } } } };
}
const VECTOR = "__vector__";

/** JSON has no number for infinities and NaN. The sign of -0 is lost. */
function encodeNumber(value: number): JsonValue {
  if (Number.isSafeInteger(value)) return { integerValue: String(value) };
  return { doubleValue: Number.isFinite(value) ? value : String(value) };
}

function describe(value: unknown): string {
  return typeof value === "object" ? `an object of ${value?.constructor?.name}` : `of type ${typeof value}`;
}

/** A value as Google's client has it. What another one wrote may hold any type, and is refused by its schema, not here. */
export function decodeValue(value: JsonValue, refOf: RefOf): unknown {
  const [[type, content] = ["", undefined]] = Object.entries(value);
  switch (type) {
    case "integerValue":
    case "doubleValue":
      return Number(content);
    case "timestampValue":
      return timestampFromText(String(content));
    case "bytesValue":
      return Buffer.from(String(content), "base64");
    case "referenceValue":
      return refOf(String(content));
    case "geoPointValue": {
      // Zeros are left out of JSON, and so are empty parts.
      const { latitude = 0, longitude = 0 } = content as { latitude?: number; longitude?: number };
      return new GeoPoint(latitude, longitude);
    }
    case "arrayValue":
      return ((content as { values?: JsonValue[] }).values ?? []).map((item) => decodeValue(item, refOf));
    case "mapValue":
      return decodeMap((content as { fields?: JsonFields }).fields, refOf);
    default:
      return content;
  }
}

function decodeMap(fields: JsonFields | undefined = {}, refOf: RefOf): unknown {
  const record = decodeFields(fields, refOf);
  return record.__type__ === VECTOR && Array.isArray(record.value) ? FieldValue.vector(record.value) : record;
}

export function decodeFields(fields: JsonFields | undefined = {}, refOf: RefOf): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, decodeValue(value, refOf)]));
}

/** RFC 3339 with nanoseconds. */
export function timestampToText({ seconds, nanoseconds }: Timestamp): string {
  const whole = new Date(seconds * 1000).toISOString().slice(0, 19);
  return `${whole}.${String(nanoseconds).padStart(9, "0")}Z`;
}

export function timestampFromText(text: string): Timestamp {
  const [whole = "", fraction = ""] = text.replace(/Z$/, "").split(".");
  return new Timestamp(Date.parse(`${whole}Z`) / 1000, Number(fraction.padEnd(9, "0")));
}

/** A map; an object of a class is none. */
export function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** What stands in the place of a value and asks the server to make it (`FieldValue.increment`), or to remove the field. */
export interface Sentinel {
  readonly methodName: string;
  toProto(serializer: { encodeValue(value: unknown): JsonValue }, path: { formattedName: string }): JsonValue;
}

export function isSentinel(value: unknown): value is FieldValue & Sentinel {
  return value instanceof FieldValue;
}

export function isDeletion(value: unknown): boolean {
  return isSentinel(value) && value.methodName === "FieldValue.delete";
}
