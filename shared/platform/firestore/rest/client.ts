import type { Firestore } from "@google-cloud/firestore";
import { accessTokens } from "../../google/accessTokens.ts";
import { type RestCall, restCaller } from "../../google/restCall.ts";
import { WriteBatch } from "./batch.ts";
import {
  type Client,
  CollectionReference,
  type Converter,
  DocumentReference,
  DocumentSnapshot,
  type JsonDocument,
  type Query,
  QuerySnapshot,
  type WriteResult,
} from "./references.ts";
import { REPETITIONS, type Repetition, repeated } from "./repeated.ts";
import { type ReadIn, runTransaction, type Transaction, type TransactionCalls } from "./transaction.ts";
import { timestampFromText } from "./values.ts";
import type { JsonWrite } from "./writes.ts";

const SCOPE = "https://www.googleapis.com/auth/datastore";

/**
 * A Firestore client on the REST interface, for functions that people wait for: it has what our code uses of Google's client, under the same
 * names and with the same outcomes (tests/integration/platform/restFirestore.test.ts runs one contract against both), and a start loads a
 * twentieth of it. It can't listen. See docs/decisions/0029-firestore-by-rest.md.
 */
export function createRestFirestore(settings: { GOOGLE_CLOUD_PROJECT: string }): Firestore {
  const call = restCaller({
    host: "firestore.googleapis.com",
    emulator: process.env.FIRESTORE_EMULATOR_HOST,
    accessToken: accessTokens(SCOPE),
  });
  // Of Google's type it has what our code uses; the contract's test finds what is missing.
  return new RestFirestore(settings.GOOGLE_CLOUD_PROJECT, call) as unknown as Firestore;
}

/** What answers have beside what was found. */
interface Answer {
  readonly transaction?: string;
  readonly readTime?: string;
}
interface FoundDocument extends Answer {
  readonly found?: JsonDocument;
  readonly missing?: string;
}
interface FoundByQuery extends Answer {
  readonly document?: JsonDocument;
}
interface Counted extends Answer {
  readonly result?: { readonly aggregateFields: { readonly count: { readonly integerValue: string } } };
}
interface Committed {
  readonly writeResults?: readonly { readonly updateTime?: string }[];
  readonly commitTime: string;
}

export class RestFirestore implements Client, TransactionCalls {
  readonly root: string;
  readonly #call: RestCall;

  constructor(projectId: string, call: RestCall) {
    this.root = `projects/${projectId}/databases/(default)/documents`;
    this.#call = call;
  }
  collection(path: string): CollectionReference {
    return new CollectionReference(this, path);
  }
  doc(path: string): DocumentReference {
    return new DocumentReference(this, path);
  }
  batch(): WriteBatch {
    return new WriteBatch((writes) => this.#commit(writes, REPETITIONS.commitOfBatch));
  }
  runTransaction<T>(
    work: (transaction: Transaction) => Promise<T>,
    options?: { readonly maxAttempts?: number },
  ): Promise<T> {
    return runTransaction(this, work, options);
  }
  /** @param given references, and last what of the documents is read */
  async getAll(
    ...given: readonly (DocumentReference | { readonly fieldMask?: readonly string[] })[]
  ): Promise<DocumentSnapshot[]> {
    const refs = given.filter((one) => one instanceof DocumentReference);
    const options = given.find((one) => !(one instanceof DocumentReference)) as
      | { fieldMask?: readonly string[] }
      | undefined;
    const { found } = await this.documentsIn(refs, undefined, options?.fieldMask);
    return found;
  }

  /** The documents in the order of their references, in a transaction or none. */
  async documentsIn(
    refs: readonly DocumentReference[],
    readIn?: ReadIn,
    fieldPaths?: readonly string[],
  ): Promise<{ found: DocumentSnapshot[]; transaction?: string }> {
    if (refs.length === 0) return { found: [] };
    const documents = [...new Set(refs.map(({ name }) => name))];
    const body = { documents, ...(fieldPaths && { mask: { fieldPaths } }), ...readIn };
    const answers = await this.#streamed<FoundDocument>(`${this.root}:batchGet`, body);
    const byName = new Map(answers.map((answer) => [answer.found?.name ?? answer.missing, answer]));
    const found = refs.map((ref) => {
      const answer = byName.get(ref.name);
      if (answer?.readTime === undefined)
        throw new Error(`Firestore answered without the document ${ref.path}`);
      return new DocumentSnapshot(ref, timestampFromText(answer.readTime), answer.found);
    });
    return { found, ...transactionOf(answers) };
  }

  async runQuery(query: Query): Promise<QuerySnapshot> {
    return (await this.queryIn(query)).found;
  }
  /** What a query finds, in a transaction or none. */
  async queryIn(query: Query, readIn?: ReadIn): Promise<{ found: QuerySnapshot; transaction?: string }> {
    const body = { structuredQuery: query.structured(), ...readIn };
    const answers = await this.#streamed<FoundByQuery>(`${query.within}:runQuery`, body);
    const docs = answers.flatMap(({ document, readTime = "" }) =>
      document
        ? [
            new DocumentSnapshot(
              this.refOf(document.name, query.converter),
              timestampFromText(readTime),
              document,
            ),
          ]
        : [],
    );
    const readTime = answers.findLast((answer) => answer.readTime !== undefined)?.readTime ?? "";
    return { found: new QuerySnapshot(query, docs, timestampFromText(readTime)), ...transactionOf(answers) };
  }
  refOf(name: string, converter: Converter | null = null): DocumentReference {
    return new DocumentReference(this, name.slice(this.root.length + 1), converter);
  }
  async runCount(query: Query): Promise<number> {
    const structuredAggregationQuery = {
      structuredQuery: query.structured(),
      aggregations: [{ alias: "count", count: {} }],
    };
    const answers = await this.#streamed<Counted>(`${query.within}:runAggregationQuery`, {
      structuredAggregationQuery,
    });
    const counted = answers.find(({ result }) => result !== undefined)?.result;
    if (counted === undefined) throw new Error("Firestore answered without the count that was asked for");
    return Number(counted.aggregateFields.count.integerValue);
  }

  commitIn(writes: readonly JsonWrite[], transaction: string | undefined): Promise<WriteResult[]> {
    return this.#commit(writes, REPETITIONS.commit, transaction);
  }
  async #commit(
    writes: readonly JsonWrite[],
    repetition: Repetition,
    transaction?: string,
  ): Promise<WriteResult[]> {
    const body = { writes, ...(transaction && { transaction }) };
    const { writeResults = [], commitTime } = await this.#unary<Committed>("commit", body, repetition);
    return writeResults.map(({ updateTime = commitTime }) => ({ writeTime: timestampFromText(updateTime) }));
  }
  async rollBack(transaction: string): Promise<void> {
    await this.#unary("rollback", { transaction }, REPETITIONS.rollback);
  }

  /** @throws RestCallError */
  #unary<T>(name: string, body: object, repetition: Repetition): Promise<T> {
    // The interface answers with what its reference says of this call.
    return repeated(() => this.#call(`${this.root}:${name}`, body) as Promise<T>, repetition);
  }
  /** A stream's answer is a list. */
  #streamed<T>(path: string, body: object): Promise<readonly T[]> {
    return repeated(() => this.#call(path, body) as Promise<readonly T[]>, REPETITIONS.read);
  }
}

function transactionOf(answers: readonly Answer[]): { transaction?: string } {
  const transaction = answers.find((answer) => answer.transaction)?.transaction;
  return transaction === undefined ? {} : { transaction };
}
