/** The line without a listener: the space's change log says when jobs have changed, and how far they are is asked at a slower pace. */
import type { components } from "../api/schema.d.ts";

export type Changes = components["schemas"]["Changes"];

/** How far an open job has come is in no change log, and estimates change with time alone. */
export const PROGRESS_MS = 15_000;
/** The log names a job when it ends; one that another person began is found at this pace. */
export const BEGUN_MS = 60_000;

/** What is known of the line at a look at the log. */
export interface LineView {
  /** The log is read up to here. */
  readonly after: number;
  /** Milliseconds since the jobs were loaded. */
  readonly sinceLoaded: number;
  readonly hasOpenJobs: boolean;
}

/**
 * Reads the log to its end, and says whether the jobs are to be loaded again.
 * @param read answers the changes after a number, `GET /v1/spaces/{id}/changes`
 * @returns `after` for the next time
 * @throws what `read` throws; then the log is read from the same number next time
 */
export async function readChangeLog(
  { after, sinceLoaded, hasOpenJobs }: LineView,
  read: (after: number) => Promise<Changes>,
): Promise<{ after: number; isStale: boolean }> {
  let isStale = sinceLoaded >= (hasOpenJobs ? PROGRESS_MS : BEGUN_MS);
  let next = after;
  for (;;) {
    const { items, nextSeq, reset } = await read(next);
    // After a reset only the list itself says what changed.
    isStale ||= reset || items.some(({ type }) => type === "job");
    next = nextSeq;
    if (items.length === 0) return { after: next, isStale };
  }
}
