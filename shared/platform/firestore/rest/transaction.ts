import { RestCallError } from "../../google/restCall.ts";
import { grpcStatus } from "../../grpcStatus.ts";
import { WriteBatch } from "./batch.ts";
import {
  DocumentReference,
  type DocumentSnapshot,
  type Query,
  type QuerySnapshot,
  type WriteResult,
} from "./references.ts";
import type { JsonWrite } from "./writes.ts";

/** As in Google's client. */
const ATTEMPTS = 5;
/** The wait before the second attempt, its growth, and the longest; in milliseconds, and each is drawn from half to one and a half of it. */
const WAIT = { first: 1_000, factor: 1.5, most: 60_000 };

/** What a read is done in: within the transaction of this id, or as the first of one that it begins. */
export type ReadIn =
  | { readonly transaction: string }
  | { readonly newTransaction: { readonly readWrite: { readonly retryTransaction?: string } } };

/** What a transaction asks of the client. */
export interface TransactionCalls {
  documentsIn(
    refs: readonly DocumentReference[],
    readIn: ReadIn,
  ): Promise<{ found: DocumentSnapshot[]; transaction?: string }>;
  queryIn(query: Query, readIn: ReadIn): Promise<{ found: QuerySnapshot; transaction?: string }>;
  /** Makes the writes and ends the transaction; one that never began has no id. */
  commitIn(writes: readonly JsonWrite[], transaction: string | undefined): Promise<WriteResult[]>;
  rollBack(transaction: string): Promise<void>;
}

/** One attempt: reads hold locks until its end, and its writes are made together at its end. It begins with its first read. */
export class Transaction {
  readonly #calls: TransactionCalls;
  /** The id of the attempt before, which gives this one its place in line. */
  readonly #before: string | undefined;
  readonly #batch: WriteBatch;
  #id: Promise<string> | undefined;

  constructor(calls: TransactionCalls, before: string | undefined) {
    this.#calls = calls;
    this.#before = before;
    this.#batch = new WriteBatch(async (writes) => calls.commitIn(writes, await this.#id));
  }
  get(what: DocumentReference): Promise<DocumentSnapshot>;
  get(what: Query): Promise<QuerySnapshot>;
  async get(what: DocumentReference | Query): Promise<DocumentSnapshot | QuerySnapshot> {
    if (!(what instanceof DocumentReference))
      return this.#read((readIn) => this.#calls.queryIn(what, readIn));
    const [snapshot] = await this.getAll(what);
    if (snapshot === undefined) throw new Error("Firestore answered without the document that was asked for");
    return snapshot;
  }
  getAll(...refs: readonly DocumentReference[]): Promise<DocumentSnapshot[]> {
    return this.#read((readIn) => this.#calls.documentsIn(refs, readIn));
  }
  async #read<T>(read: (readIn: ReadIn) => Promise<{ found: T; transaction?: string }>): Promise<T> {
    if (this.#batch.writes.length > 0) throw new Error("a transaction reads before it writes");
    if (this.#id !== undefined) return (await read({ transaction: await this.#id })).found;
    const readWrite = this.#before === undefined ? {} : { retryTransaction: this.#before };
    const first = read({ newTransaction: { readWrite } });
    this.#id = first.then(({ transaction }) => {
      if (transaction === undefined) throw new Error("Firestore began no transaction");
      return transaction;
    });
    // Who waits for the id gets the error as well; without one who waits it is the first read's alone.
    this.#id.catch(() => {});
    return (await first).found;
  }
  create(...given: Parameters<WriteBatch["create"]>): this {
    this.#batch.create(...given);
    return this;
  }
  set(...given: Parameters<WriteBatch["set"]>): this {
    this.#batch.set(...given);
    return this;
  }
  update(...given: Parameters<WriteBatch["update"]>): this {
    this.#batch.update(...given);
    return this;
  }
  delete(...given: Parameters<WriteBatch["delete"]>): this {
    this.#batch.delete(...given);
    return this;
  }
  /** @returns its id once it has begun, also when its first read failed */
  async id(): Promise<string | undefined> {
    try {
      return await this.#id;
    } catch {
      return undefined;
    }
  }
  async commit(): Promise<void> {
    const transaction = await this.#id;
    if (transaction === undefined && this.#batch.writes.length === 0) return;
    await this.#batch.commit();
  }
}

/**
 * Does work in a transaction, again when it loses to another one.
 * @throws what the work throws; RestCallError after the last attempt
 */
export async function runTransaction<T>(
  calls: TransactionCalls,
  work: (transaction: Transaction) => Promise<T>,
  { maxAttempts = ATTEMPTS }: { readonly maxAttempts?: number } = {},
): Promise<T> {
  let before: string | undefined;
  for (let attempt = 1; ; attempt++) {
    const transaction = new Transaction(calls, before);
    try {
      const result = await work(transaction);
      await transaction.commit();
      return result;
    } catch (error) {
      before = (await transaction.id()) ?? before;
      // Locks that stay because this fails end by themselves.
      if (before !== undefined) calls.rollBack(before).catch(() => {});
      if (attempt >= maxAttempts || !mayPass(error)) throw error;
      const exhausted = error.code === grpcStatus.resourceExhausted;
      const wait = exhausted ? WAIT.most : Math.min(WAIT.most, WAIT.first * WAIT.factor ** (attempt - 1));
      await new Promise((resolve) => setTimeout(resolve, wait * (0.5 + Math.random())));
    }
  }
}

const { aborted, unknown, deadlineExceeded, unavailable, resourceExhausted } = grpcStatus;
const [CANCELLED, INTERNAL, UNAUTHENTICATED] = [1, 13, 16];
/** As in Google's client. */
const PASSING: ReadonlySet<number> = new Set([
  ...[aborted, unknown, deadlineExceeded, unavailable, resourceExhausted],
  ...[CANCELLED, INTERNAL, UNAUTHENTICATED],
]);

function mayPass(error: unknown): error is RestCallError {
  if (!(error instanceof RestCallError)) return false;
  if (error.code === grpcStatus.invalidArgument) return /transaction has expired/.test(error.message);
  return PASSING.has(error.code);
}
