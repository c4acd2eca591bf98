import { errors } from "../errors.ts";

/** How long conditional writes are tried, in milliseconds. */
const PATIENCE_MS = 25_000;
/** The wait after the first conflict and the longest one, in milliseconds; each is drawn from zero up to it. */
const WAIT_MS = { first: 20, most: 2_500 };

/**
 * Does work whose writes depend on what it has read, again and again until they met nobody. Firestore's own transactions hold read
 * locks; many that read one document and then want to write it (a space's line, a key's record) keep each other waiting for
 * seconds. Here nothing is held: who comes second is told at once, reads anew, and a drawn pause keeps the losers apart.
 * @param work one attempt; it must read everything anew
 * @throws what work throws, unless that is a conflict; `unavailable` when there is no end of conflicts
 */
export async function optimistically<T>(work: () => Promise<T>): Promise<T> {
  const until = performance.now() + PATIENCE_MS;
  for (let attempt = 0; ; attempt++) {
    try {
      return await work();
    } catch (cause) {
      if (!isConflict(cause)) throw cause;
      if (performance.now() > until) throw errors.unavailable("too many are writing this", { cause });
      await pause(Math.random() * Math.min(WAIT_MS.most, WAIT_MS.first * 1.7 ** attempt));
    }
  }
}

/** NOT_FOUND, ALREADY_EXISTS, FAILED_PRECONDITION, ABORTED: a document isn't as it was read. */
export function isConflict(error: unknown): boolean {
  return error instanceof Error && "code" in error && [5, 6, 9, 10].includes(Number(error.code));
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
