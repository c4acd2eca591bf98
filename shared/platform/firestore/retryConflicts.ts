import { isDeepStrictEqual } from "node:util";
import type {
  DocumentData,
  DocumentReference,
  DocumentSnapshot,
  WithFieldValue,
} from "@google-cloud/firestore";
import { errors } from "../errors.ts";
import { hasGrpcStatus } from "../grpcStatus.ts";

/** How long conditional writes are tried, in milliseconds. */
const PATIENCE_MS = 25_000;
/** The wait after the first conflict and the longest one, in milliseconds; each is drawn from zero up to it. */
const WAIT_MS = { first: 20, most: 2_500 };

/**
 * Does work whose writes depend on what it has read, again and again until no other write came between. Firestore's own transactions
 * hold read locks; many that read one document and then want to write it (a space's line, a key's record) keep each other waiting for
 * seconds. Here nothing is held: who comes second is refused at once and reads again, and a random pause keeps the losers apart.
 * @param work one attempt; it must read everything again
 * @throws what `work` throws, unless that is a conflict; `unavailable` after 25 seconds of conflicts
 */
export async function retryConflicts<T>(work: () => Promise<T>): Promise<T> {
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

/** Whether a write was refused because a document isn't as it was read, or because its transaction is over. */
export function isConflict(error: unknown): boolean {
  if (hasGrpcStatus(error, "notFound", "alreadyExists", "failedPrecondition", "aborted")) return true;
  return hasGrpcStatus(error, "invalidArgument") && error instanceof Error && CLOSED.test(error.message);
}

/** What Firestore and its emulator say of a transaction that was committed or has expired; Google's client matches the message too. */
const CLOSED = /transaction (has expired|is invalid or closed)/i;

/**
 * Writes a document if it still is as it was read.
 * @param snapshot as it was read; the document is created if it wasn't there
 * @throws an error that `isConflict` knows when another write came between
 */
export function writeIfUnchanged<Document extends DocumentData>(
  { ref, updateTime }: DocumentSnapshot<Document, Document>,
  content: WithFieldValue<Document>,
): Promise<void> {
  if (!updateTime) return createDocument(ref, content);
  const raw = ref.withConverter(null);
  return unlessMade(ref, content, () => raw.update({ ...content }, { lastUpdateTime: updateTime }));
}

/**
 * Creates a document.
 * @throws an error that `isConflict` knows when there is another
 */
function createDocument<Document extends DocumentData>(
  ref: DocumentReference<Document, Document>,
  content: WithFieldValue<Document>,
): Promise<void> {
  return unlessMade(ref, content, () => ref.create(content));
}

/**
 * Firestore's client repeats a write whose answer was lost, and the repetition is refused because of what the first one wrote. So after
 * a refusal a document that is what was to be written counts as written.
 */
async function unlessMade<Document extends DocumentData>(
  ref: DocumentReference<Document, Document>,
  content: WithFieldValue<Document>,
  write: () => Promise<unknown>,
): Promise<void> {
  try {
    await write();
  } catch (error) {
    if (!isConflict(error) || !isDeepStrictEqual((await ref.get()).data(), content)) throw error;
  }
}

/** The last of each key's work that is under way in this process. */
const underWay = new Map<string, Promise<unknown>>();

/**
 * As `retryConflicts`, and work of the same key is done one after the other within this process. This guards nothing, since other
 * processes don't know of it: it only keeps requests that one instance serves at the same time from conflicting with each other.
 */
export async function retryConflictsInTurn<T>(key: string, work: () => Promise<T>): Promise<T> {
  const before = underWay.get(key) ?? Promise.resolve();
  const retrying = () => retryConflicts(work);
  const mine = before.then(retrying, retrying);
  underWay.set(key, mine);
  try {
    return await mine;
  } finally {
    if (underWay.get(key) === mine) underWay.delete(key);
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
