/** Requests to Cloud Storage from the page. XMLHttpRequest, since it alone says how much of a body has left. */
import type { ResumableDeps, SessionAnswer } from "./resumable.ts";

/** The requests of one session. */
export function sessionRequests(session: string): Pick<ResumableDeps, "put" | "wait"> {
  return {
    put: (contentRange, piece, sent, signal) => put(session, contentRange, piece, sent, signal),
    wait,
  };
}

function put(
  session: string,
  contentRange: string,
  piece: Blob | undefined,
  sent: (bytes: number) => void,
  signal: AbortSignal,
): Promise<SessionAnswer> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const abort = () => request.abort();
    signal.addEventListener("abort", abort, { once: true });
    request.addEventListener("loadend", () => signal.removeEventListener("abort", abort));
    request.upload.addEventListener("progress", ({ loaded }) => sent(loaded));
    request.addEventListener("load", () =>
      resolve({ status: request.status, range: request.getResponseHeader("range") ?? undefined }),
    );
    request.addEventListener("error", () => reject(new Error("no answer")));
    request.addEventListener("abort", () => reject(signal.reason));
    request.open("PUT", session);
    request.setRequestHeader("content-range", contentRange);
    request.send(piece ?? null);
  });
}

/** Waits, or less when the browser says that it is online again. */
function wait(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const finish = () => {
      clearTimeout(timer);
      removeEventListener("online", finish);
      signal.removeEventListener("abort", stop);
      resolve();
    };
    const stop = () => {
      finish();
      reject(signal.reason);
    };
    const timer = setTimeout(finish, milliseconds);
    addEventListener("online", finish);
    signal.addEventListener("abort", stop, { once: true });
  });
}

/** Begins a session. @returns its URI, which is the permission from then on; undefined when the URL has ended */
export async function beginSession(
  url: string,
  headers: Readonly<Record<string, string>>,
): Promise<string | undefined> {
  const answer = await fetch(url, { method: "POST", headers });
  const session = answer.headers.get("location");
  return answer.ok && session !== null ? session : undefined;
}
