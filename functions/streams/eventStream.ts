import type { Logger } from "#shared/platform/log/logger.ts";

/** One server-sent event: `id` resumes after it (Last-Event-ID), `data` is sent as JSON. */
export interface StreamEvent {
  readonly id: string;
  readonly event: string;
  readonly data: unknown;
}

export interface StreamSource {
  /** Makes the events until there are no more or `signal` is aborted. */
  readonly events: (signal: AbortSignal) => AsyncGenerator<StreamEvent>;
  /** Whether the stream may go on; asked at each heartbeat, one question at a time. When it can't be known, the stream goes on. */
  readonly mayGoOn: () => Promise<boolean>;
  /**
   * Called once, when the stream begins.
   * @returns is called once the stream has ended, in every way
   * @throws `rate_limited` when there is no place
   */
  readonly takePlace: () => () => void;
}

export interface StreamTimes {
  /** The one origin's proxies cut after a minute and may hold a response back; a stream that ends early loses nothing, by its ids. */
  readonly streamMs: number;
  /** Also the bound within which a stream follows the end of its session or membership, while the database answers; `streamMs` otherwise. */
  readonly heartbeatMs: number;
}

export const STREAM_TIMES: StreamTimes = { streamMs: 25_000, heartbeatMs: 10_000 };

const HEADERS = {
  "content-type": "text/event-stream; charset=utf-8",
  "cache-control": "no-store, no-transform",
  // nginx and similar proxies buffer responses otherwise.
  "x-accel-buffering": "no",
};

/**
 * Server-sent events (WHATWG HTML, "Server-sent events"): each event with its id, comments as a heartbeat. Ends when the source has no more,
 * after 25 s, when it may not go on, or when the phone has gone. HEAD gets the headers and opens nothing.
 * @throws `rate_limited` when the source has no place
 */
export function eventStream(
  request: Request,
  log: Logger,
  source: StreamSource,
  times: StreamTimes = STREAM_TIMES,
): Response {
  if (request.method === "HEAD") return new Response(null, { headers: HEADERS });
  const over = new AbortController();
  // A signal that is aborted already sends no event.
  if (request.signal.aborted) over.abort();
  request.signal.addEventListener("abort", () => over.abort(), { once: true });
  const giveBack = source.takePlace();
  const body = new ReadableStream<Uint8Array>({
    // Not awaited: a stream whose `start` is pending hands nothing to a reader that cancels.
    start: (controller) => void send(controller, source, over, times, log).finally(giveBack),
    cancel: () => over.abort(),
  });
  return new Response(body, { headers: HEADERS });
}

async function send(
  controller: ReadableStreamDefaultController<Uint8Array>,
  source: StreamSource,
  over: AbortController,
  { streamMs, heartbeatMs }: StreamTimes,
  log: Logger,
): Promise<void> {
  const encoder = new TextEncoder();
  const write = (text: string) => {
    if (!over.signal.aborted) controller.enqueue(encoder.encode(text));
  };
  const ending = setTimeout(() => over.abort(), streamMs);
  let asking = false;
  const beating = setInterval(async () => {
    write(": still here\n\n");
    if (asking) return;
    asking = true;
    if (!(await source.mayGoOn().catch(() => true))) over.abort();
    asking = false;
  }, heartbeatMs);
  try {
    // Reconnect soon: the end of a stream is normal.
    write("retry: 1000\n\n");
    for await (const { id, event, data } of source.events(over.signal))
      write(`id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  } catch (error) {
    // The phone reconnects by itself; the error is for our log only.
    if (!over.signal.aborted) log.error("event_stream_failed", { error });
  } finally {
    clearInterval(beating);
    clearTimeout(ending);
    over.abort();
    try {
      controller.close();
    } catch {
      // The phone has disconnected, so the stream is closed.
    }
  }
}
