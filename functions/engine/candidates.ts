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

/** How many more than wanted are looked at, so that an engine that loses one to another has others to try. */
const SPARE = 24;

/**
 * What could be leased next: the head of each kind's line, in its order, the kinds taking turns. Which kind comes first is drawn,
 * so that no kind of an engine waits for another. A document that can't be read as a job is logged and left out: the jobs behind it
 * don't wait for its repair.
 */
export async function candidatesOf(
  kinds: readonly string[],
  wanted: number,
  deps: CandidateDeps,
): Promise<Candidate[]> {
  const first = Math.floor(deps.random() * kinds.length);
  const inTurn = [...kinds.slice(first), ...kinds.slice(0, first)];
  const lines = await Promise.all(inTurn.map((kind) => headOf(kind, wanted + SPARE, deps)));
  const longest = Math.max(0, ...lines.map((line) => line.length));
  return Array.from({ length: longest }, (_, turn) => lines.flatMap((line) => line[turn] ?? [])).flat();
}

async function headOf(kind: string, limit: number, deps: CandidateDeps): Promise<Candidate[]> {
  const found = await queryOf(deps.firestore, shapes.line, kind, true).limit(limit).get();
  return found.docs.flatMap((document) => {
    const content = unlessUnreadable(document, (job) => job.data(), deps.log);
    return content ? [{ jobId: document.id, found: { content, version: document.updateTime } }] : [];
  });
}
