/**
 * Sends a file to a resumable session of Cloud Storage, piece by piece (https://cloud.google.com/storage/docs/performing-resumable-uploads).
 * What has arrived is asked of the session, never assumed: after a pause, a reload or a lost network the next piece begins there.
 */

/** One request of the session as the network answered it. */
export interface SessionAnswer {
  readonly status: number;
  /** The header `Range` of a 308: what has arrived. */
  readonly range: string | undefined;
}

export interface ResumableDeps {
  /**
   * Puts a piece, or asks what has arrived when there is no piece.
   * @param contentRange the header
   * @param sent is called with how many bytes of the piece have left
   * @throws anything when no answer came; an abort by `signal` as its reason
   */
  put(
    contentRange: string,
    piece: Blob | undefined,
    sent: (bytes: number) => void,
    signal: AbortSignal,
  ): Promise<SessionAnswer>;
  /** Waits until a try may succeed: some time, or less when the network comes back. @throws the reason of `signal` */
  wait(milliseconds: number, signal: AbortSignal): Promise<void>;
  /** Is called with how many bytes have arrived, or are on their way. */
  progress(bytes: number): void;
  /** Is called when a try got no answer, and when there is one again. */
  connected(isConnected: boolean): void;
}

/** The session has ended: it was used up, or its week is over. */
export class SessionGoneError extends Error {
  override name = "SessionGoneError";
}

/** Cloud Storage refuses these bytes. */
export class UploadRefusedError extends Error {
  override name = "UploadRefusedError";
  readonly status: number;
  constructor(status: number) {
    super(`the upload was refused: ${status}`);
    this.status = status;
  }
}

/** A multiple of 256 KiB, as Cloud Storage asks; small enough that a cut connection costs seconds. */
export const PIECE_BYTES = 8 * 1024 ** 2;
const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 30_000;

/**
 * Sends what the session doesn't have yet; it tries until it succeeds or `signal` stops it.
 * @throws SessionGoneError, UploadRefusedError; the reason of `signal`
 */
export async function sendResumable(
  file: Blob,
  deps: ResumableDeps,
  signal: AbortSignal,
  isNew = false,
): Promise<void> {
  const { size } = file;
  let from = isNew ? 0 : undefined;
  let failures = 0;
  for (;;) {
    signal.throwIfAborted();
    const answer = await attempt(file, from, deps, signal);
    if (answer === undefined) {
      deps.connected(false);
      await deps.wait(Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** failures++), signal);
      from = undefined;
      continue;
    }
    deps.connected(true);
    if (answer === "done") {
      deps.progress(size);
      return;
    }
    // A session that takes nothing of a piece again and again would be asked without a pause.
    failures = answer === from ? failures + 1 : 0;
    if (failures > 0) await deps.wait(Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** failures), signal);
    from = answer;
    deps.progress(from);
  }
}

/** @returns where to go on; undefined when there was no answer, or one that passes */
async function attempt(
  file: Blob,
  from: number | undefined,
  deps: ResumableDeps,
  signal: AbortSignal,
): Promise<number | "done" | undefined> {
  const { size } = file;
  const to = from === undefined ? 0 : Math.min(size, from + PIECE_BYTES);
  const contentRange = from === undefined ? `bytes */${size}` : `bytes ${from}-${to - 1}/${size}`;
  const piece = from === undefined ? undefined : file.slice(from, to);
  let answer: SessionAnswer;
  try {
    answer = await deps.put(contentRange, piece, (bytes) => deps.progress((from ?? 0) + bytes), signal);
  } catch (error) {
    signal.throwIfAborted();
    // The file itself can't be read any more: it was changed or taken away.
    if (error instanceof DOMException && error.name === "NotReadableError") throw error;
    return undefined;
  }
  if (answer.status === 308) return arrived(answer.range);
  if (answer.status === 200 || answer.status === 201) return "done";
  if (answer.status === 404 || answer.status === 410) throw new SessionGoneError();
  if (answer.status === 408 || answer.status === 429 || answer.status >= 500) return undefined;
  throw new UploadRefusedError(answer.status);
}

function arrived(range: string | undefined): number {
  const last = /^bytes=0-(\d+)$/.exec(range ?? "")?.[1];
  return last === undefined ? 0 : Number(last) + 1;
}

/** How fast bytes go, smoothed over some seconds. */
export interface SpeedMeter {
  /** @param now milliseconds that never go back */
  at(bytes: number, now: number): void;
  /** Bytes a second; undefined while it isn't known. */
  readonly speed: number | undefined;
}

const SMOOTHING_MS = 6000;
const SHORTEST_MS = 400;

export function speedMeter(): SpeedMeter {
  let last: { readonly bytes: number; readonly now: number } | undefined;
  let speed: number | undefined;
  return {
    at(bytes, now) {
      if (last === undefined || bytes < last.bytes) {
        last = { bytes, now };
        return;
      }
      const took = now - last.now;
      if (took < SHORTEST_MS) return;
      const latest = ((bytes - last.bytes) / took) * 1000;
      const weight = 1 - Math.exp(-took / SMOOTHING_MS);
      speed = speed === undefined ? latest : speed + weight * (latest - speed);
      last = { bytes, now };
    },
    get speed() {
      return speed;
    },
  };
}
