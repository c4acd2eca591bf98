import { type QueryDocumentSnapshot, Timestamp } from "@google-cloud/firestore";
import type { Logger } from "../platform/log/logger.ts";
import type { Job } from "./jobDocument.ts";

/**
 * What `read` makes of a job's document that a query found; undefined when the document doesn't fit its schema. That is logged, and the
 * document stays as it is until it is repaired: a list or an estimate doesn't fail for a single job.
 */
export function unlessUnreadable<Document, Content>(
  document: QueryDocumentSnapshot<Document>,
  read: (document: QueryDocumentSnapshot<Document>) => Content,
  log: Logger,
): Content | undefined {
  try {
    return read(document);
  } catch (error) {
    log.error("job_unreadable", { jobId: document.id, error });
    return undefined;
  }
}

/** A job as a list shows it. */
export interface ListedJob {
  readonly id: string;
  readonly job: Job;
}

/** The jobs that a query found, without those that can't be read. */
export function readableJobs(documents: readonly QueryDocumentSnapshot<Job>[], log: Logger): ListedJob[] {
  return documents.flatMap((document) => {
    const job = unlessUnreadable(document, (found) => found.data(), log);
    return job ? [{ id: document.id, job }] : [];
  });
}

/**
 * A page of a list that is ordered by a time: the readable jobs of `limit + 1` documents, and where the next page begins. An unreadable
 * document counts as one of the page, so that a page may have fewer jobs than asked for, and the list still goes on after it.
 * @param orderedBy the field of the time
 */
export function pageOfJobs(
  documents: readonly QueryDocumentSnapshot<Job>[],
  { limit, orderedBy, log }: { limit: number; orderedBy: "createdAt" | "finishedAt"; log: Logger },
): { jobs: ListedJob[]; next: { time: Date; id: string } | undefined } {
  const page = documents.slice(0, limit);
  const jobs = readableJobs(page, log);
  if (documents.length <= limit) return { jobs, next: undefined };
  const last = page.findLast((document) => document.get(orderedBy) instanceof Timestamp);
  const time: unknown = last?.get(orderedBy);
  return { jobs, next: last && time instanceof Timestamp ? { time: time.toDate(), id: last.id } : undefined };
}
