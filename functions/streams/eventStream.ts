import type { AppContext } from "#shared/platform/http/appEnv.ts";
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
  /** Whether the stream may go on; asked at each heartbeat. When it can't be known, the stream goes on. */
  readonly mayGoOn: () => Promise<boolean>;
  /** Is called once the stream has ended, in every way. */
  readonly ended: () => void;
}

export interface StreamTimes {
  /** The one origin's proxies cut after a minute and may hold a response back; a stream that ends early loses nothing, by its ids. */
  readonly streamMs: number;
  /** Also the bound within which a stream follows the end of its session or membership. */
  readonly heartbeatMs: number;
}

export const STREAM_TIMES: StreamTimes = { streamMs: 25_000, heartbeatMs: 10_000 };

/**
 * Server-sent events (WHATWG HTML, "Server-sent events"): each event with its id, comments as a heartbeat. Ends when the source has no more,
 * after 25 s, when it may not go on, or when the phone has gone.
 */
export function eventStream(
  c: AppContext,
  source: StreamSource,
  times: StreamTimes = STREAM_TIMES,
): Response {
  const over = new AbortController();
  c.req.raw.signal.addEventListener("abort", () => over.abort(), { once: true });
  const body = new ReadableStream<Uint8Array>({
    // Not awaited: a stream whose `start` is pending hands nothing to a reader that cancels.
    start: (controller) => void send(controller, source, over, times, c.var.log),
    cancel: () => over.abort(),
  });
  return new Response(body, {
    status: 200,
    headers: {
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-store, no-transform",
      // nginx and similar proxies buffer responses otherwise.
      "x-accel-buffering": "no",
    },
  });
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
  const beating = setInterval(async () => {
    if (await source.mayGoOn().catch(() => true)) write(": still here\n\n");
    else over.abort();
  }, heartbeatMs);
  // Reconnect soon: the end of a stream is normal.
  write("retry: 1000\n\n");
  try {
    for await (const { id, event, data } of source.events(over.signal))
      write(`id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  } catch (error) {
    // The phone reconnects by itself; the error is for our log only.
    if (!over.signal.aborted) log.error("event_stream_failed", { error });
  } finally {
    clearInterval(beating);
    clearTimeout(ending);
    over.abort();
    source.ended();
    try {
      controller.close();
    } catch {
      // The phone has disconnected, so the stream is closed.
    }
  }
}
