import type { AppContext } from "#shared/platform/http/appEnv.ts";
import type { JobEventMessage } from "./watchJob.ts";

/** The one origin's proxies cut after a minute and may hold a response back; a stream that ends early loses nothing, by its ids. */
export const STREAM_MS = 25_000;
const HEARTBEAT_MS = 10_000;

/**
 * Server-sent events (WHATWG HTML, "Server-sent events"): each state of a job with its id, comments as a heartbeat. Ends when the job
 * has, after 25 s, or when the phone has gone.
 * @param messages makes the messages; the signal tells it to stop
 */
export function eventStream(
  c: AppContext,
  messages: (signal: AbortSignal) => AsyncGenerator<JobEventMessage>,
  streamMs = STREAM_MS,
): Response {
  const over = new AbortController();
  const timer = setTimeout(() => over.abort(), streamMs);
  c.req.raw.signal.addEventListener("abort", () => over.abort());
  const encoder = new TextEncoder();
  const { log } = c.var;
  const body = new ReadableStream<Uint8Array>({
    async start(controller) {
      const send = (text: string) => {
        if (!over.signal.aborted) controller.enqueue(encoder.encode(text));
      };
      // Reconnect soon: the end of a stream is normal.
      send("retry: 1000\n\n");
      const beating = setInterval(() => send(": still here\n\n"), HEARTBEAT_MS);
      try {
        for await (const { id, job } of messages(over.signal)) {
          send(`id: ${id}\nevent: job\ndata: ${JSON.stringify(job)}\n\n`);
        }
      } catch (error) {
        // The phone reconnects by itself; the error is for our log only.
        if (!over.signal.aborted) log.error("event_stream_failed", { error });
      } finally {
        clearInterval(beating);
        clearTimeout(timer);
        over.abort();
        try {
          controller.close();
        } catch {
          // The phone has disconnected, so the stream is closed.
        }
      }
    },
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
