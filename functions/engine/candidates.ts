import type { QueryDocumentSnapshot } from "@google-cloud/firestore";
import { type Logger, silentLogger } from "#shared/platform/log/logger.ts";
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
/** How many of a line are looked at for jobs that can be read. */
const MOST_LOOKED_AT = 1000;

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

/**
 * The first of a line that can be read. Where some can't, those behind them are read in pages that grow, so that any number of broken
 * documents below `MOST_LOOKED_AT` keeps no other job waiting. Of so many, only the first are logged: each request finds them again.
 */
async function headOf(kind: string, limit: number, deps: CandidateDeps): Promise<Candidate[]> {
  let rest = queryOf(deps.firestore, shapes.line, kind, true);
  const readable: Candidate[] = [];
  for (let looked = 0, page = limit; looked < MOST_LOOKED_AT; page = Math.max(SPARE, 2 * page)) {
    const size = Math.min(page, MOST_LOOKED_AT - looked);
    const { docs } = await rest.limit(size).get();
    readable.push(...candidatesIn(docs, looked <= SPARE ? deps.log : silentLogger));
    const last = docs.at(-1);
    if (!last || docs.length < size || readable.length >= limit) break;
    looked += docs.length;
    rest = rest.startAfter(last);
  }
  return readable.slice(0, limit);
}

function candidatesIn(documents: readonly QueryDocumentSnapshot<Job>[], log: Logger): Candidate[] {
  return documents.flatMap((document) => {
    const content = unlessUnreadable(document, (job) => job.data(), log);
    return content ? [{ jobId: document.id, found: { content, version: document.updateTime } }] : [];
  });
}
