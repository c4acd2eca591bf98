import type { Firestore } from "@google-cloud/firestore";
import { feedsOf } from "#shared/changes/feedDocument.ts";
import { readChanges } from "#shared/changes/readChanges.ts";
import { lazy } from "#shared/platform/lazy.ts";
import type { Sql } from "#shared/platform/sql/pool.ts";
import type { StreamEvent } from "./eventStream.ts";

export interface WatchChangesDeps {
  readonly sql: Sql;
  /** A client that can listen. It is asked for when there is something to listen to, since it takes long to load. */
  readonly listening: () => Promise<Firestore>;
}

/** How long a change can wait whose feed wasn't raised: the log is asked this often in any case, by one indexed read. */
const POLL_MS = 5_000;
const PAGE = 100;

/**
 * The changes of a space after a number, as they come, until `signal` is aborted or the person isn't a member any more. When the log doesn't
 * reach back so far, the first event is `reset`: list everything; what changes meanwhile follows.
 */
export async function* watchChanges(
  { userId, spaceId, after }: { userId: string; spaceId: string; after: number },
  signal: AbortSignal,
  { sql, listening }: WatchChangesDeps,
  pollMs = POLL_MS,
): AsyncGenerator<StreamEvent> {
  const feed = feedOf(spaceId, listening, pollMs, signal);
  let last = after;
  try {
    while (!signal.aborted) {
      const heard = feed.seq();
      const page = await readChanges(sql, { userId, spaceId, after: last, limit: PAGE });
      if (!page || signal.aborted) return;
      if (page.reset) yield { id: String(page.nextSeq), event: "reset", data: { nextSeq: page.nextSeq } };
      for (const item of page.items) yield { id: String(item.seq), event: "change", data: item };
      last = page.nextSeq;
      if (page.items.length < PAGE) await feed.pastOrPoll(Math.max(last, heard));
    }
  } finally {
    feed.close();
  }
}

interface Feed {
  /** The number that was heard last. It is ahead of the log when SQL was restored from a backup. */
  seq(): number;
  /** Resolves when the feed is past a number, when it is time to ask the log anyway, or when the stream is over. */
  pastOrPoll(seq: number): Promise<void>;
  close(): void;
}

/**
 * Listens to a space's feed from when it is first waited for: what the log holds is sent before. A feed that can't be listened to is like one that is late.
 */
function feedOf(
  spaceId: string,
  listening: WatchChangesDeps["listening"],
  pollMs: number,
  signal: AbortSignal,
): Feed {
  let seq = 0;
  let wake = () => {};
  let isClosed = false;
  let unsubscribe = () => {};
  const listen = lazy(async () => {
    const feed = feedsOf(await listening())
      .withConverter(null)
      .doc(spaceId);
    if (isClosed) return;
    unsubscribe = feed.onSnapshot(
      (snapshot) => {
        const raised: unknown = snapshot.get("seq");
        if (typeof raised === "number") seq = raised;
        wake();
      },
      () => {},
    );
  });
  return {
    seq: () => seq,
    async pastOrPoll(last) {
      listen().catch(() => {});
      const until = performance.now() + pollMs;
      while (seq <= last && !signal.aborted && performance.now() < until) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(done, Math.max(1, until - performance.now()));
          function done() {
            clearTimeout(timer);
            signal.removeEventListener("abort", done);
            resolve();
          }
          wake = done;
          signal.addEventListener("abort", done, { once: true });
        });
      }
    },
    close() {
      isClosed = true;
      unsubscribe();
    },
  };
}
