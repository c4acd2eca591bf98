/**
 * What our code uses of `@google-cloud/firestore` beside its client, for bundles whose client is on the REST interface: the build puts this in
 * the package's place (tools/build/restFirestorePlugin.ts), and its names are the package's.
 */
import type { JsonValue, Sentinel } from "./values.ts";

export { DocumentReference } from "./references.ts";

const MS_PER_SECOND = 1_000;
const NS_PER_MS = 1_000_000;

/** A time to the nanosecond. */
export class Timestamp {
  readonly seconds: number;
  readonly nanoseconds: number;

  constructor(seconds: number, nanoseconds: number) {
    this.seconds = seconds;
    this.nanoseconds = nanoseconds;
  }
  static now(): Timestamp {
    return Timestamp.fromMillis(Date.now());
  }
  static fromDate(date: Date): Timestamp {
    return Timestamp.fromMillis(date.getTime());
  }
  static fromMillis(milliseconds: number): Timestamp {
    const seconds = Math.floor(milliseconds / MS_PER_SECOND);
    return new Timestamp(seconds, Math.floor((milliseconds - seconds * MS_PER_SECOND) * NS_PER_MS));
  }
  toDate(): Date {
    return new Date(this.toMillis());
  }
  toMillis(): number {
    return this.seconds * MS_PER_SECOND + Math.round(this.nanoseconds / NS_PER_MS);
  }
  isEqual(other: Timestamp): boolean {
    return this.seconds === other.seconds && this.nanoseconds === other.nanoseconds;
  }
  /** Text whose order is the order of times. */
  valueOf(): string {
    const MIN_SECONDS = -62_135_596_800;
    return `${String(this.seconds - MIN_SECONDS).padStart(12, "0")}.${String(this.nanoseconds).padStart(9, "0")}`;
  }
}

/** A document's id, as a field that queries name. */
export class FieldPath {
  static documentId(): FieldPath {
    return new FieldPath();
  }
  toString(): string {
    return "__name__";
  }
}

/** A place on Earth, in degrees. */
export class GeoPoint {
  readonly latitude: number;
  readonly longitude: number;

  constructor(latitude: number, longitude: number) {
    this.latitude = latitude;
    this.longitude = longitude;
  }
}

/** Numbers that are searched by nearness. */
export class VectorValue {
  readonly #numbers: readonly number[];

  constructor(numbers: readonly number[]) {
    this.#numbers = numbers;
  }
  toArray(): number[] {
    return [...this.#numbers];
  }
}

type Encode = { encodeValue(value: unknown): JsonValue };

/** What stands in the place of a value and asks the server to make it, or to remove the field. */
export class FieldValue implements Sentinel {
  readonly methodName: string;
  readonly #transform: (encode: Encode) => object;

  private constructor(name: string, transform: (encode: Encode) => object) {
    this.methodName = `FieldValue.${name}`;
    this.#transform = transform;
  }
  static vector(numbers: readonly number[]): VectorValue {
    return new VectorValue(numbers);
  }
  static delete(): FieldValue {
    return new FieldValue("delete", () => ({}));
  }
  static serverTimestamp(): FieldValue {
    return new FieldValue("serverTimestamp", () => ({ setToServerValue: "REQUEST_TIME" }));
  }
  static increment(by: number): FieldValue {
    return new FieldValue("increment", ({ encodeValue }) => ({ increment: encodeValue(by) }));
  }
  static maximum(other: number): FieldValue {
    return new FieldValue("maximum", ({ encodeValue }) => ({ maximum: encodeValue(other) }));
  }
  static arrayUnion(...items: readonly unknown[]): FieldValue {
    return new FieldValue("arrayUnion", ({ encodeValue }) => ({
      appendMissingElements: encodeValue(items).arrayValue,
    }));
  }
  static arrayRemove(...items: readonly unknown[]): FieldValue {
    return new FieldValue("arrayRemove", ({ encodeValue }) => ({
      removeAllFromArray: encodeValue(items).arrayValue,
    }));
  }
  toProto(encode: Encode, { formattedName }: { readonly formattedName: string }): JsonValue {
    return { fieldPath: formattedName, ...this.#transform(encode) };
  }
}
