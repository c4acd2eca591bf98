import type { IncomingMessage } from "node:http";
import { FetchError } from "./fetchError.ts";
import type { FetchLimits } from "./limits.ts";

/** Answers that may be another one later: too early, too many requests, a server that is away. */
const PASSING: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);

/**
 * Refuses an answer that isn't a file as it is: another status than 200, nothing in it, compressed, or known to be too large.
 * @throws FetchError
 */
export function requireFile({ statusCode = 0, headers }: IncomingMessage, maxBytes: number): void {
  if (PASSING.has(statusCode)) throw new FetchError("url_unreachable", { mayPass: true });
  if (statusCode !== 200) throw new FetchError("url_without_file");
  if (!isPlain(headers["content-encoding"], "identity") || !isPlain(headers["transfer-encoding"], "chunked"))
    throw new FetchError("url_compressed");
  const length = headers["content-length"];
  if (length !== undefined && Number(length) > maxBytes) throw new FetchError("too_large");
}

function isPlain(header: string | undefined, plain: string): boolean {
  return header === undefined || header.trim() === "" || header.trim().toLowerCase() === plain;
}

/**
 * The body, piece by piece, as long as it comes fast enough and is not too large. What arrives beyond the limit is not passed on.
 * @param clock milliseconds
 * @throws FetchError; what `signal` was aborted with
 */
export async function* readBody(
  answer: IncomingMessage,
  maxBytes: number,
  limits: Pick<FetchLimits, "idle" | "patience" | "slowest">,
  signal: AbortSignal,
  clock: () => number = () => performance.now(),
): AsyncGenerator<Buffer> {
  const end = () => answer.destroy();
  signal.addEventListener("abort", end, { once: true });
  const began = clock();
  const pieces: AsyncIterator<Buffer> = answer[Symbol.asyncIterator]();
  let bytes = 0;
  try {
    for (;;) {
      signal.throwIfAborted();
      const piece = await nextPiece(answer, pieces, limits.idle);
      signal.throwIfAborted();
      if (piece === undefined) break;
      bytes += piece.length;
      if (bytes > maxBytes) throw new FetchError("too_large");
      const late = (clock() - began) / 1000 - limits.patience;
      if (late > 0 && bytes < late * limits.slowest) throw new FetchError("url_too_slow");
      yield piece;
    }
    if (!answer.complete) throw new FetchError("url_broke_off", { mayPass: true });
    if (bytes === 0) throw new FetchError("url_without_file");
  } finally {
    signal.removeEventListener("abort", end);
    answer.destroy();
  }
}

/** The next piece; undefined at the end, or where the connection broke off. */
async function nextPiece(
  answer: IncomingMessage,
  pieces: AsyncIterator<Buffer>,
  idleSeconds: number,
): Promise<Buffer | undefined> {
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    answer.destroy();
  }, idleSeconds * 1000);
  try {
    const { done, value } = await pieces.next();
    return done ? undefined : value;
  } catch {
    if (isLate) throw new FetchError("url_too_slow", { mayPass: true });
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}
