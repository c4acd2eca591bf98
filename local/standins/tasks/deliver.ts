import http from "node:http";
import https from "node:https";

export interface HttpCall {
  url: string;
  method: string;
  headers: Record<string, string>;
  body: Uint8Array;
}

/** What came back: an answer, received to its end, or why there is none. */
export type HttpResult =
  | { kind: "answer"; status: number; retryAfter: string | undefined }
  | { kind: "deadline" | "closed" | "unreachable"; reason: string };

/**
 * Makes one HTTP request on a connection of its own and reads the answer to its end, throwing the body away. Follows no
 * redirect. Never rejects: no whole answer within `deadlineMs` is `deadline`, an abort of `signal` is `closed`, all else that keeps
 * an answer from coming is `unreachable`.
 */
export async function deliver(call: HttpCall, deadlineMs: number, signal: AbortSignal): Promise<HttpResult> {
  const abort = new AbortController();
  const close = () => abort.abort();
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    abort.abort();
  }, deadlineMs);
  signal.addEventListener("abort", close);
  try {
    if (signal.aborted) close();
    return await request(call, abort.signal);
  } catch (error) {
    if (signal.aborted) return { kind: "closed", reason: "the sender was closed" };
    if (late) return { kind: "deadline", reason: `no answer within ${deadlineMs} ms` };
    return { kind: "unreachable", reason: error instanceof Error ? error.message : String(error) };
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", close);
  }
}

function request({ url, method, headers, body }: HttpCall, signal: AbortSignal): Promise<HttpResult> {
  const { request: send } = url.startsWith("https:") ? https : http;
  return new Promise((resolve, reject) => {
    // No shared agent: a kept-alive socket that the worker just closed would be a failed attempt.
    const outgoing = send(url, { method, headers, agent: false, signal }, (incoming) => {
      incoming.on("error", reject);
      incoming.on("end", () =>
        resolve({
          kind: "answer",
          status: incoming.statusCode ?? 0,
          retryAfter: incoming.headers["retry-after"],
        }),
      );
      incoming.resume();
    });
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}
