/** Counts what is asked of Google Cloud and of Postgres where it leaves the process: at the connections, not in the code that asks. */
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import pg from "pg";

export interface Counts {
  /** Statements, `BEGIN` and `COMMIT` among them. */
  statements: number;
  /** Documents as Firestore charges them: https://firebase.google.com/docs/firestore/pricing */
  reads: number;
  writes: number;
  deletes: number;
  /** Operations of Cloud Tasks: tasks added and removed. */
  tasks: number;
  /** Messages published to Pub/Sub. */
  messages: number;
  /** Operations of Cloud Storage that write or list. */
  classA: number;
  /** Those that read. */
  classB: number;
  /** Calls of IAM's signBlob. */
  signatures: number;
  pushes: number;
  /** Requests and events that functions served. */
  invocations: number;
}

export type CountName = keyof Counts;

export function noCounts(): Counts {
  return {
    ...{ statements: 0, reads: 0, writes: 0, deletes: 0, tasks: 0, messages: 0, classA: 0, classB: 0 },
    ...{ signatures: 0, pushes: 0, invocations: 0 },
  };
}

/** How many more there are in `after`. */
export function difference(after: Counts, before: Counts): Counts {
  const more = noCounts();
  // Counts' keys, which Object.keys forgets.
  for (const name of Object.keys(more) as CountName[]) more[name] = after[name] - before[name];
  return more;
}

/**
 * Counts the statements of functions' pools in this process: a pool is named by its function.
 * @returns ends the counting
 */
export function countStatements(counts: Counts): () => void {
  const { prototype } = pg.Client;
  const { query } = prototype;
  function counted(this: pg.Client, ...asked: unknown[]): unknown {
    const name = Reflect.get(Reflect.get(this, "connectionParameters"), "application_name");
    if (String(name).startsWith("reverie-")) counts.statements += 1;
    return Reflect.apply(query, this, asked);
  }
  // Of the many forms of `query` each is passed on as it came.
  prototype.query = counted as typeof query;
  return () => {
    prototype.query = query;
  };
}

interface Counted {
  /** `host:port` */
  readonly address: string;
  close(): Promise<void>;
}

/** Stands before the Firestore emulator for clients of the REST interface. */
export async function countDocuments(emulator: string, counts: Counts): Promise<Counted> {
  const [host, port] = emulator.split(":");
  return serve(async (path, headers, body) => {
    const answer = await forward({ host, port, path, method: "POST", headers }, body);
    const asked = body === "" ? {} : JSON.parse(body);
    if (path.endsWith(":commit") || path.endsWith(":batchWrite"))
      for (const write of asked.writes ?? []) counts["delete" in write ? "deletes" : "writes"] += 1;
    if (path.endsWith(":batchGet")) counts.reads += asked.documents.length;
    if (path.endsWith(":runQuery")) counts.reads += Math.max(1, answer.text.split('"document":').length - 1);
    if (path.endsWith(":runAggregationQuery")) counts.reads += 1;
    return answer;
  });
}

/** Takes messages as Pub/Sub does, and calls `received` with each. */
export async function countMessages(counts: Counts, received: (data: string) => void): Promise<Counted> {
  return serve(async (_path, _headers, body) => {
    const { messages } = JSON.parse(body);
    counts.messages += messages.length;
    for (const { data } of messages) received(Buffer.from(data, "base64").toString("utf8"));
    return { status: 200, text: JSON.stringify({ messageIds: ["1"] }) };
  });
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;

async function serve(
  answer: (path: string, headers: Headers, body: string) => Promise<Answer>,
): Promise<Counted> {
  const server = createServer(async (incoming, outgoing) => {
    try {
      const { status, text } = await answer(incoming.url ?? "/", incoming.headers, await textOf(incoming));
      outgoing.writeHead(status, { "content-type": "application/json" }).end(text);
    } catch (error) {
      outgoing.destroy(error instanceof Error ? error : undefined);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // A server that listens at a port has such an address.
  const { port } = server.address() as AddressInfo;
  return {
    address: `127.0.0.1:${port}`,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function forward(options: object, body: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(options, async (response) => {
      resolve({ status: response.statusCode ?? 0, text: await textOf(response) });
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

async function textOf(stream: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}
