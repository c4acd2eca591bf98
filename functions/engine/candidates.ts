import type { QueryDocumentSnapshot } from "@google-cloud/firestore";
import type { Job } from "#shared/queue/jobDocument.ts";
import type { Stored } from "#shared/queue/jobStore.ts";
import { queryOf, shapes } from "#shared/queue/queries.ts";
import { unlessUnreadable } from "#shared/queue/readableJob.ts";
import type { EngineDeps } from "./deps.ts";

type CandidateDeps = Pick<EngineDeps, "firestore" | "random" | "log">;

/** A job that waits, as it was found: it may be claimed as long as it has not been written since. */
export interface Candidate {
  readonly jobId: string;
  readonly found: Stored<Job>;
}

/** How many more than wanted are looked at by an engine that has lost one to another, so that it has others to try. */
export const SPARE = 24;

/**
 * What could be leased next: the head of each kind's line, in its order, the kinds taking turns. Which kind comes first is drawn,
 * so that no kind of an engine waits for another. A document that can't be read as a job is logged and left out: the jobs behind it
 * don't wait for its repair.
 * @param spare how many more than wanted are read of each line
 */
export async function candidatesOf(
  kinds: readonly string[],
  wanted: number,
  deps: CandidateDeps,
  spare = 0,
): Promise<Candidate[]> {
  const first = Math.floor(deps.random() * kinds.length);
  const inTurn = [...kinds.slice(first), ...kinds.slice(0, first)];
  const lines = await Promise.all(inTurn.map((kind) => headOf(kind, wanted + spare, deps)));
  const longest = Math.max(0, ...lines.map((line) => line.length));
  return Array.from({ length: longest }, (_, turn) => lines.flatMap((line) => line[turn] ?? [])).flat();
}

/** The first of a line. Where some of them can't be read, those behind them too. */
async function headOf(kind: string, limit: number, deps: CandidateDeps): Promise<Candidate[]> {
  const line = queryOf(deps.firestore, shapes.line, kind, true);
  const { docs } = await line.limit(limit).get();
  const readable = candidatesIn(docs, deps);
  const last = docs.at(-1);
  if (!last || readable.length === docs.length) return readable;
  const behind = await line.startAfter(last).limit(SPARE).get();
  return [...readable, ...candidatesIn(behind.docs, deps)].slice(0, limit);
}

function candidatesIn(documents: readonly QueryDocumentSnapshot<Job>[], deps: CandidateDeps): Candidate[] {
  return documents.flatMap((document) => {
    const content = unlessUnreadable(document, (job) => job.data(), deps.log);
    return content ? [{ jobId: document.id, found: { content, version: document.updateTime } }] : [];
  });
}
