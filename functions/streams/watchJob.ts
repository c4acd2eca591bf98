import type { DocumentSnapshot, Firestore } from "@google-cloud/firestore";
import { versionOf } from "#shared/platform/firestore/version.ts";
import type { Language } from "#shared/platform/language.ts";
import { isOpen, type Job, jobsOf } from "#shared/queue/jobDocument.ts";
import { positionOf } from "#shared/queue/positions.ts";
import { type JobView, type ViewDeps, viewJobAt } from "#shared/queue/view.ts";

/** One event of a job's stream. */
export interface JobEventMessage {
  /** The job's version and, while it is queued, its position: what makes this state of it different from another. */
  readonly id: string;
  readonly job: JobView;
}

export interface WatchDeps extends ViewDeps {
  readonly firestore: Firestore;
  /** A client that can listen. It is asked for when there is something to listen to, since it takes long to load. */
  readonly listening: () => Promise<Firestore>;
}

/** Whether `lastEventId` is the id of the job as it is now, read again: of an ended job there is nothing more to send then. */
export async function isLastEvent(
  jobId: string,
  lastEventId: string,
  firestore: Firestore,
): Promise<boolean> {
  const { updateTime } = await jobsOf(firestore).doc(jobId).get();
  return updateTime !== undefined && versionOf(updateTime) === lastEventId;
}

/** How often the place in line is looked at: other jobs move it, which the listener doesn't see. */
const POSITION_MS = 3_000;

/**
 * A job each time it is different, as it is then, until it has ended or `signal` is aborted. Of states that follow each other faster
 * than they can be sent only the latest is sent; no state is sent twice in a row.
 * @param watcher.lastEventId the last id that was received before, on another connection
 */
export async function* watchJob(
  jobId: string,
  watcher: { readonly language: Language; readonly lastEventId: string | undefined },
  signal: AbortSignal,
  deps: WatchDeps,
): AsyncGenerator<JobEventMessage> {
  let heard = watcher.lastEventId;
  for await (const snapshot of snapshots(jobId, signal, deps)) {
    const { job, updateTime } = snapshot;
    if (job === undefined || updateTime === undefined) return; // erased meanwhile
    const position = job.state === "queued" ? await positionOf(jobId, job, deps.firestore) : null;
    const id = position === null ? versionOf(updateTime) : `${versionOf(updateTime)}/${position}`;
    if (id !== heard) yield { id, job: await viewJobAt(jobId, job, position, deps, watcher.language) };
    heard = id;
    if (!isOpen(job)) return;
  }
}

interface Seen {
  readonly job: Job | undefined;
  readonly updateTime: DocumentSnapshot["updateTime"];
}

/**
 * The document as it is, at each change and, as long as it is watched, every few seconds; only the latest is kept for a slow reader. What it is now is
 * read, so that the first event doesn't wait for a listener; of a job that has ended there is none.
 */
async function* snapshots(jobId: string, signal: AbortSignal, deps: WatchDeps): AsyncGenerator<Seen> {
  const now = await jobsOf(deps.firestore).doc(jobId).get();
  yield { job: now.data(), updateTime: now.updateTime };
  const document = jobsOf(await deps.listening()).doc(jobId);
  let latest: Seen | undefined;
  let fresh = false;
  let failure: Error | undefined;
  let wake = () => {};
  const unsubscribe = document.onSnapshot(
    (snapshot) => {
      latest = { job: snapshot.data(), updateTime: snapshot.updateTime };
      fresh = true;
      wake();
    },
    (error) => {
      failure = error;
      wake();
    },
  );
  const ticking = setInterval(() => {
    fresh = latest !== undefined;
    wake();
  }, POSITION_MS);
  const stop = () => wake();
  signal.addEventListener("abort", stop);
  try {
    while (!signal.aborted) {
      if (failure) throw failure;
      if (fresh && latest) {
        fresh = false;
        yield latest;
        continue;
      }
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  } finally {
    signal.removeEventListener("abort", stop);
    clearInterval(ticking);
    unsubscribe();
  }
}
