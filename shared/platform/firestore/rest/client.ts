import { PassThrough } from "node:stream";
import { Firestore } from "@google-cloud/firestore";
import { accessTokens } from "../../google/accessTokens.ts";
import { type RestCall, RestCallError, restCaller } from "../../google/restCall.ts";
import { grpcStatus } from "../../grpcStatus.ts";
import { fromJson, toJson } from "./json.ts";

const SCOPE = "https://www.googleapis.com/auth/datastore";

/** What Google's client says of a call. */
interface CallOptions {
  readonly retry?: { readonly retryCodes: readonly number[] };
  readonly otherArgs?: { readonly headers?: Readonly<Record<string, string>> };
}
type Request = { readonly database?: string; readonly parent?: string };

/**
 * Google's Firestore client on its REST interface, for functions that people wait for: without gRPC and its protocol buffers a start takes half as
 * long. All but the way of the bytes is the client's own: references, queries, transactions, batches, conditions, conversions of values. It
 * can't listen. See docs/decisions/0029-firestore-by-rest.md.
 */
export function createRestFirestore(settings: { GOOGLE_CLOUD_PROJECT: string }): Firestore {
  const firestore = new Firestore({ projectId: settings.GOOGLE_CLOUD_PROJECT });
  const call = restCaller({
    host: "firestore.googleapis.com",
    emulator: process.env.FIRESTORE_EMULATOR_HOST,
    accessToken: accessTokens(SCOPE),
  });
  const client = restClient(async (path, body, headers) => fromJson(await call(path, toJson(body), headers)));
  // The client takes what sends its calls from a pool, which is private to it.
  Object.assign(firestore, {
    _clientPool: {
      run: (_tag: string, needsGrpc: boolean, work: (client: unknown) => Promise<unknown>) => {
        if (needsGrpc) throw new Error("this Firestore client can't listen");
        return work(client);
      },
      terminate: async () => {},
    },
  });
  return firestore;
}

/** The calls that Google's client makes for us, under the names by which it makes them. */
function restClient(call: RestCall) {
  const unary = (name: string) => async (request: Request, options: CallOptions) => {
    const { database, ...body } = request;
    const send = () => call(`${database}/documents:${name}`, body, headersOf(options));
    return [await repeated(send, options.retry?.retryCodes ?? REPEATED[name] ?? [])];
  };
  const streamed = (pathOf: (request: Request) => string) => (request: Request, options: CallOptions) => {
    const { database: _database, parent: _parent, ...body } = request;
    const stream = new PassThrough({ objectMode: true });
    call(pathOf(request), body, headersOf(options)).then(
      (answers) => {
        for (const answer of answers as readonly unknown[]) stream.write(answer); // a stream's answer is a list
        stream.end();
      },
      (error: Error) => stream.destroy(error),
    );
    return stream;
  };
  return {
    commit: unary("commit"),
    beginTransaction: unary("beginTransaction"),
    rollback: unary("rollback"),
    batchWrite: unary("batchWrite"),
    batchGetDocuments: streamed(({ database }) => `${database}/documents:batchGet`),
    runQuery: streamed(({ parent }) => `${parent}:runQuery`),
    runAggregationQuery: streamed(({ parent }) => `${parent}:runAggregationQuery`),
  };
}

function headersOf(options: CallOptions): Readonly<Record<string, string>> {
  return options.otherArgs?.headers ?? {};
}

const { deadlineExceeded, resourceExhausted, unavailable } = grpcStatus;
const INTERNAL = 13;
/** As Google's client has them for gRPC (firestore_client_config.json of @google-cloud/firestore-api). Those of streams it repeats itself. */
const REPEATED: Readonly<Record<string, readonly number[]>> = {
  commit: [resourceExhausted, unavailable],
  beginTransaction: [deadlineExceeded, resourceExhausted, INTERNAL, unavailable],
  rollback: [deadlineExceeded, resourceExhausted, INTERNAL, unavailable],
};
/** The same place's waits, in milliseconds; but no call goes on for longer than a function may take. */
const WAIT = { first: 100, factor: 1.3, most: 60_000 };
const PATIENCE_MS = 60_000;

async function repeated<T>(send: () => Promise<T>, codes: readonly number[]): Promise<T> {
  const until = performance.now() + PATIENCE_MS;
  for (let wait = WAIT.first; ; wait = Math.min(WAIT.most, wait * WAIT.factor)) {
    try {
      return await send();
    } catch (error) {
      const mayPass = error instanceof RestCallError && codes.includes(error.code);
      if (!mayPass || performance.now() > until) throw error;
      await new Promise((resolve) => setTimeout(resolve, Math.random() * wait));
    }
  }
}
