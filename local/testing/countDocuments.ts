import type { Firestore } from "@google-cloud/firestore";

/** What a Firestore was asked for. */
export interface DocumentCounts {
  /** Documents that were read, as they are billed: one that is missing counts too, and so does each count, and a query that finds none. */
  readonly reads: number;
  readonly writes: number;
  /** Requests over the network. */
  readonly calls: number;
}

/**
 * Counts what a client reads and writes, until `stop`.
 * @returns what was counted until then
 */
export function countDocuments(firestore: Firestore): { stop(): DocumentCounts } {
  const counts = { reads: 0, writes: 0, calls: 0 };
  // The two ways in which the client sends anything; they are not in its public types.
  const open: (...request: unknown[]) => Promise<NodeJS.EventEmitter> = Reflect.get(
    firestore,
    "requestStream",
  );
  const send: (method: string, content: { writes?: readonly unknown[] }, ...rest: unknown[]) => unknown =
    Reflect.get(firestore, "request");
  Reflect.set(firestore, "requestStream", async (...request: unknown[]) => {
    counts.calls += 1;
    let read = 0;
    const stream = await open.apply(firestore, request);
    const emit = stream.emit.bind(stream);
    stream.emit = (event: string, ...args: unknown[]) => {
      const [answer] = args;
      const isAnswer = event === "data" && typeof answer === "object" && answer !== null;
      if (isAnswer && READ.some((field) => Reflect.get(answer, field))) read += 1;
      if (event === "end") counts.reads += Math.max(1, read);
      return emit(event, ...args);
    };
    return stream;
  });
  Reflect.set(
    firestore,
    "request",
    (method: string, content: { writes?: readonly unknown[] }, ...rest: unknown[]) => {
      counts.calls += 1;
      if (method === "commit") counts.writes += content.writes?.length ?? 0;
      return send.call(firestore, method, content, ...rest);
    },
  );
  return {
    stop() {
      Reflect.set(firestore, "requestStream", open);
      Reflect.set(firestore, "request", send);
      return counts;
    },
  };
}

/** Fields of an answer that stand for a document, or for a count. */
const READ = ["document", "found", "missing", "result"];
