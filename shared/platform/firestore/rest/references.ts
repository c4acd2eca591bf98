/** References, queries and snapshots as Google's client has them, as far as our code uses them; `client.ts` says why. */
import type { FirestoreDataConverter, Timestamp } from "@google-cloud/firestore";
import { randomId } from "../../ids.ts";
import { DocumentName } from "./documentName.ts";
import { partsOf, pathText, valueAt } from "./fieldPaths.ts";
import { decodeFields, encodeValue, type JsonFields, type JsonValue, timestampFromText } from "./values.ts";
import type { Condition } from "./writes.ts";

type Content = Readonly<Record<string, unknown>>;
export type Converter = Pick<FirestoreDataConverter<never, never>, "toFirestore" | "fromFirestore">;

/** A document in an answer. */
export interface JsonDocument {
  readonly name: string;
  readonly fields?: JsonFields;
  readonly createTime: string;
  readonly updateTime: string;
}

/** The client, as far as its references use it. */
export interface Client {
  /** Where documents are: `projects/p/databases/(default)/documents` */
  readonly root: string;
  /** @param name the document's place as answers have it */
  refOf(name: string): DocumentReference;
  batch(): Batch;
  getAll(...refs: readonly DocumentReference[]): Promise<DocumentSnapshot[]>;
  runQuery(query: Query): Promise<QuerySnapshot>;
  runCount(query: Query): Promise<number>;
}

/** Writes that are made together or not at all. */
export interface Batch {
  create(ref: DocumentReference, document: Content): this;
  set(ref: DocumentReference, document: Content, options?: { readonly merge?: boolean }): this;
  /** @param changes by path, with dots between a path's parts; no converter sees them */
  update(ref: DocumentReference, changes: Content, condition?: Condition): this;
  delete(ref: DocumentReference, condition?: Condition): this;
  commit(): Promise<WriteResult[]>;
}

export class DocumentReference extends DocumentName {
  readonly firestore: Client;
  /** `jobs/x` */
  readonly path: string;
  readonly converter: Converter | null;

  constructor(firestore: Client, path: string, converter: Converter | null = null) {
    const parts = path.split("/");
    if (parts.includes("") || parts.length % 2 === 1)
      throw new TypeError(`"${path}" is no path of a document`);
    super();
    this.firestore = firestore;
    this.path = path;
    this.converter = converter;
  }
  get id(): string {
    return this.path.slice(this.path.lastIndexOf("/") + 1);
  }
  override get name(): string {
    return `${this.firestore.root}/${this.path}`;
  }
  get parent(): CollectionReference {
    return new CollectionReference(
      this.firestore,
      this.path.slice(0, this.path.lastIndexOf("/")),
      this.converter,
    );
  }
  withConverter(converter: Converter | null): DocumentReference {
    return new DocumentReference(this.firestore, this.path, converter);
  }
  /** What is written for a document of the converter's type. */
  contentOf(document: Content): Content {
    return (
      (this.converter?.toFirestore as ((document: Content) => Content) | undefined)?.(document) ?? document
    );
  }
  async get(): Promise<DocumentSnapshot> {
    const [snapshot] = await this.firestore.getAll(this);
    if (snapshot === undefined) throw new Error("Firestore answered without the document that was asked for");
    return snapshot;
  }
  async create(document: Content): Promise<WriteResult> {
    return onlyOne(await this.firestore.batch().create(this, document).commit());
  }
  async set(document: Content, options?: { readonly merge?: boolean }): Promise<WriteResult> {
    return onlyOne(await this.firestore.batch().set(this, document, options).commit());
  }
  async update(changes: Content, condition?: Condition): Promise<WriteResult> {
    return onlyOne(await this.firestore.batch().update(this, changes, condition).commit());
  }
  async delete(condition?: Condition): Promise<WriteResult> {
    return onlyOne(await this.firestore.batch().delete(this, condition).commit());
  }
}

export interface WriteResult {
  readonly writeTime: Timestamp;
}

function onlyOne(results: readonly WriteResult[]): WriteResult {
  const [result] = results;
  if (result === undefined) throw new Error("Firestore answered without the write that was asked for");
  return result;
}

export class DocumentSnapshot {
  readonly ref: DocumentReference;
  readonly readTime: Timestamp;
  readonly createTime: Timestamp | undefined;
  readonly updateTime: Timestamp | undefined;
  readonly #document: JsonDocument | undefined;

  /** @param document undefined when there is none */
  constructor(ref: DocumentReference, readTime: Timestamp, document: JsonDocument | undefined) {
    this.ref = ref;
    this.readTime = readTime;
    this.createTime = document && timestampFromText(document.createTime);
    this.updateTime = document && timestampFromText(document.updateTime);
    this.#document = document;
  }
  get id(): string {
    return this.ref.id;
  }
  get exists(): boolean {
    return this.#document !== undefined;
  }
  /** @throws what the converter throws */
  data(): unknown {
    if (this.#document === undefined) return undefined;
    const { converter } = this.ref;
    if (converter === null) return this.#decoded();
    const raw = new DocumentSnapshot(this.ref.withConverter(null), this.readTime, this.#document);
    return converter.fromFirestore(raw as never);
  }
  get(path: { toString(): string }): unknown {
    return this.#document && valueAt(this.#decoded(), partsOf(path));
  }
  #decoded(): Record<string, unknown> {
    return decodeFields(this.#document?.fields, (name) => this.ref.firestore.refOf(name));
  }
}

export class QuerySnapshot {
  readonly query: Query;
  readonly docs: readonly DocumentSnapshot[];
  readonly readTime: Timestamp;

  constructor(query: Query, docs: readonly DocumentSnapshot[], readTime: Timestamp) {
    this.query = query;
    this.docs = docs;
    this.readTime = readTime;
  }
  get size(): number {
    return this.docs.length;
  }
  get empty(): boolean {
    return this.docs.length === 0;
  }
  forEach(callback: (document: DocumentSnapshot) => void): void {
    for (const document of this.docs) callback(document);
  }
}

const OPERATORS: Readonly<Record<string, string>> = {
  "<": "LESS_THAN",
  "<=": "LESS_THAN_OR_EQUAL",
  "==": "EQUAL",
  "!=": "NOT_EQUAL",
  ">": "GREATER_THAN",
  ">=": "GREATER_THAN_OR_EQUAL",
  in: "IN",
  "not-in": "NOT_IN",
  "array-contains": "ARRAY_CONTAINS",
  "array-contains-any": "ARRAY_CONTAINS_ANY",
};
/** Operators that order what they find, by their field. */
const INEQUALITIES: ReadonlySet<string> = new Set(["<", "<=", "!=", ">", ">=", "not-in"]);
/** As `FieldPath.documentId()` writes itself. */
const DOCUMENT_ID = "__name__";

interface Order {
  /** As Firestore takes it. */
  readonly path: string;
  readonly direction: "ASCENDING" | "DESCENDING";
}
interface Cursor {
  readonly before: boolean;
  readonly values: readonly JsonValue[];
}
interface Asked {
  readonly filters: readonly JsonValue[];
  readonly unequal: readonly string[];
  readonly orders: readonly Order[];
  readonly limit?: number;
  readonly select?: readonly string[];
  readonly startAt?: Cursor;
  readonly endAt?: Cursor;
}

const EVERYTHING: Asked = { filters: [], unequal: [], orders: [] };

export class Query {
  readonly firestore: Client;
  /** Of the collection. */
  readonly path: string;
  readonly converter: Converter | null;
  readonly #asked: Asked;

  constructor(firestore: Client, path: string, converter: Converter | null, asked: Asked = EVERYTHING) {
    this.firestore = firestore;
    this.path = path;
    this.converter = converter;
    this.#asked = asked;
  }
  #with(asked: Partial<Asked>): Query {
    return new Query(this.firestore, this.path, this.converter, { ...this.#asked, ...asked });
  }
  withConverter(converter: Converter | null): Query {
    return new Query(this.firestore, this.path, converter, this.#asked);
  }
  where(field: { toString(): string }, operator: string, value: unknown): Query {
    const op = OPERATORS[operator];
    if (op === undefined) throw new TypeError(`there is no operator ${operator}`);
    const path = queryPath(field);
    const { filters, unequal } = this.#asked;
    return this.#with({
      filters: [...filters, this.#filter(path, op, value)],
      unequal: INEQUALITIES.has(operator) ? [...unequal, path] : unequal,
    });
  }
  #filter(path: string, op: string, value: unknown): JsonValue {
    const field = { fieldPath: path };
    const unary = value === null ? "NULL" : Number.isNaN(value) ? "NAN" : undefined;
    if (unary !== undefined && op === "EQUAL") return { unaryFilter: { field, op: `IS_${unary}` } };
    if (unary !== undefined && op === "NOT_EQUAL") return { unaryFilter: { field, op: `IS_NOT_${unary}` } };
    const values =
      path === DOCUMENT_ID && Array.isArray(value)
        ? { arrayValue: { values: value.map((one) => this.#boundary(path, one)) } }
        : this.#boundary(path, value);
    return { fieldFilter: { field, op, value: values } };
  }
  /** A document's id stands for its name. */
  #boundary(path: string, value: unknown): JsonValue {
    if (path !== DOCUMENT_ID) return encodeValue(value);
    if (value instanceof DocumentReference) return encodeValue(value);
    return encodeValue(new CollectionReference(this.firestore, this.path).doc(String(value)));
  }
  orderBy(field: { toString(): string }, direction: "asc" | "desc" = "asc"): Query {
    const order = {
      path: queryPath(field),
      direction: direction === "asc" ? "ASCENDING" : "DESCENDING",
    } as const;
    return this.#with({ orders: [...this.#asked.orders, order] });
  }
  limit(limit: number): Query {
    return this.#with({ limit });
  }
  select(...fields: readonly { toString(): string }[]): Query {
    return this.#with({ select: fields.length === 0 ? [DOCUMENT_ID] : fields.map(queryPath) });
  }
  startAt(...values: readonly unknown[]): Query {
    return this.#bounded("startAt", true, values);
  }
  startAfter(...values: readonly unknown[]): Query {
    return this.#bounded("startAt", false, values);
  }
  endBefore(...values: readonly unknown[]): Query {
    return this.#bounded("endAt", true, values);
  }
  endAt(...values: readonly unknown[]): Query {
    return this.#bounded("endAt", false, values);
  }
  #bounded(side: "startAt" | "endAt", before: boolean, given: readonly unknown[]): Query {
    const [only] = given;
    const isSnapshot = given.length === 1 && only instanceof DocumentSnapshot;
    const orders = isSnapshot ? this.#allOrders() : this.#asked.orders;
    const values = isSnapshot
      ? orders.map(({ path }) => (path === DOCUMENT_ID ? only.ref : only.get(path)))
      : given;
    if (values.length > orders.length)
      throw new TypeError("a boundary has more values than the query has orders");
    return this.#with({
      orders,
      [side]: {
        before,
        values: values.map((value, index) => this.#boundary(orders[index]?.path ?? "", value)),
      },
    });
  }
  /** The order that Firestore itself gives: by what is compared, then by the id. */
  #allOrders(): readonly Order[] {
    const { orders, unequal } = this.#asked;
    const direction = orders.at(-1)?.direction ?? "ASCENDING";
    const added = [...[...unequal].sort(), DOCUMENT_ID].filter(
      (path, index, all) => all.indexOf(path) === index && !orders.some((order) => order.path === path),
    );
    return [...orders, ...added.map((path) => ({ path, direction }))];
  }
  count(): AggregateQuery {
    return new AggregateQuery(this);
  }
  get(): Promise<QuerySnapshot> {
    return this.firestore.runQuery(this);
  }
  /** As the REST interface takes it (https://firebase.google.com/docs/firestore/reference/rest/v1/StructuredQuery). */
  structured(): JsonValue {
    const { filters, orders, limit, select, startAt, endAt } = this.#asked;
    const collectionId = this.path.slice(this.path.lastIndexOf("/") + 1);
    const where = filters.length > 1 ? { compositeFilter: { op: "AND", filters } } : filters[0];
    return {
      from: [{ collectionId }],
      ...(where && { where }),
      ...(orders.length > 0 && {
        orderBy: orders.map(({ path, direction }) => ({ field: { fieldPath: path }, direction })),
      }),
      ...(startAt && { startAt }),
      ...(endAt && { endAt }),
      ...(limit !== undefined && { limit }),
      ...(select && { select: { fields: select.map((fieldPath) => ({ fieldPath })) } }),
    };
  }
  /** Below which document the collection is, or the root of all. */
  get within(): string {
    const end = this.path.lastIndexOf("/");
    return end === -1 ? this.firestore.root : `${this.firestore.root}/${this.path.slice(0, end)}`;
  }
}

function queryPath(field: { toString(): string }): string {
  return pathText(partsOf(field));
}

export class AggregateQuery {
  readonly query: Query;
  constructor(query: Query) {
    this.query = query;
  }
  async get(): Promise<{ data(): { count: number } }> {
    const count = await this.query.firestore.runCount(this.query);
    return { data: () => ({ count }) };
  }
}

export class CollectionReference extends Query {
  constructor(firestore: Client, path: string, converter: Converter | null = null) {
    const parts = path.split("/");
    if (parts.includes("") || parts.length % 2 === 0)
      throw new TypeError(`"${path}" is no path of a collection`);
    super(firestore, path, converter);
  }
  get id(): string {
    return this.path.slice(this.path.lastIndexOf("/") + 1);
  }
  override withConverter(converter: Converter | null): CollectionReference {
    return new CollectionReference(this.firestore, this.path, converter);
  }
  /** @param id a random one unless given */
  doc(id: string = randomId()): DocumentReference {
    return new DocumentReference(this.firestore, `${this.path}/${id}`, this.converter);
  }
}
