/**
 * Reconciliation, the proof that nothing is missing: walks both stores side by side in the order of ids, compares versions and contents, and mends
 * what differs. Bounded memory: a page of each store at a time. Live writes may go on: what seems to differ is looked at again,
 * one by one, before anything is written.
 */

import { FieldPath, type Firestore } from "@google-cloud/firestore";
import pMap from "p-map";
import type { Kinds } from "../kinds/index.ts";
import type { Sql } from "../platform/sql/pool.ts";
import { inTime, TimeLimit } from "../platform/timeLimit.ts";
import { accountsOf, mendResult } from "./mendResult.ts";
import { type Observation, observationOf } from "./observation.ts";
import { projectionOf } from "./projections/index.ts";
import { strayQuarantine } from "./quarantine.ts";
import { rawResultsOf } from "./resultDocument.ts";
import { type Difference, differenceOf, peopleOf, type StoredResult, storedResults } from "./storedResult.ts";
import type { SyncDeps } from "./syncResult.ts";

export interface Reconciliation extends Readonly<Record<Difference, number>> {
  /** Results compared: every id that either store has, tombstones included. */
  readonly checked: number;
  /** Results that can't be read and are in quarantine, as they should be. */
  readonly quarantined: number;
  /** The differences above, all of them mended. */
  readonly mended: number;
  /** Differences that could not be mended now, because a store was away; another run will. */
  readonly failed: number;
  /** What was mended, at most `MOST_NAMED`. */
  readonly differences: ReadonlyArray<{ readonly jobId: string; readonly difference: Difference }>;
  /** Where to go on, when time ran out; null when everything was compared. */
  readonly nextCursor: string | null;
}

/** A page of documents of up to a mebibyte each has to fit into a small instance. */
const PAGE = 100;
const MOST_NAMED = 1_000;
/** Results mended at once; more would only wait for the instance's connections. */
const AT_ONCE = 4;
const MEND_SECONDS = 10;

/**
 * @param options.after the `nextCursor` of a run before; from the beginning unless given
 * @param options.maxSeconds real seconds after which it stops between two pages
 * @param options.mendSeconds real seconds after which a result counts as failed, so that one that hangs holds up none behind it; ten
 *   unless given
 */
export async function reconcileResults(
  deps: SyncDeps,
  options: { after?: string | undefined; maxSeconds?: number; mendSeconds?: number } = {},
): Promise<Reconciliation> {
  const until = performance.now() + (options.maxSeconds ?? Number.POSITIVE_INFINITY) * 1000;
  const count = { missing: 0, stale: 0, changed: 0, invented: 0, recovered: 0, erased: 0 };
  const total = { checked: 0, quarantined: 0, mended: 0, failed: 0 };
  const differences: Array<{ jobId: string; difference: Difference }> = [];
  const report = (nextCursor: string | null) => ({
    checked: total.checked,
    ...count,
    quarantined: total.quarantined,
    mended: total.mended,
    failed: total.failed,
    differences,
    nextCursor,
  });

  const look = async (jobId: string) => {
    try {
      const difference = await inTime(new TimeLimit(options.mendSeconds ?? MEND_SECONDS), () =>
        mendResult(jobId, deps),
      );
      if (!difference) return;
      count[difference] += 1;
      total.mended += 1;
      if (differences.length < MOST_NAMED) differences.push({ jobId, difference });
    } catch (error) {
      total.failed += 1;
      deps.log.error("result_not_mended", { jobId, error });
    }
  };

  for await (const pairs of pagesOfBoth(deps, options.after ?? "")) {
    total.checked += pairs.length;
    total.quarantined += pairs.filter((pair) => pair.stored?.known.state === "quarantined").length;
    await pMap(await suspects(deps.db, pairs), look, { concurrency: AT_ONCE });
    const last = pairs.at(-1);
    if (last && performance.now() > until) return report(last.jobId);
  }
  for await (const jobId of strayQuarantine(deps.db, deps.firestore)) await look(jobId);
  return report(null);
}

interface Pair {
  readonly jobId: string;
  readonly stored: StoredResult | undefined;
  readonly observation: Observation | undefined;
}

/** Those of a page that seem to differ; also all quarantined ones, whose entry in quarantine only the closer look sees. */
async function suspects(sql: Sql, pairs: readonly Pair[]): Promise<string[]> {
  const leftOut = pairs.flatMap(({ stored, observation }) =>
    observation?.finding === "readable" &&
    (stored?.content?.createdBy === null || projectionOf(observation.result) !== undefined)
      ? peopleOf(observation.result)
      : [],
  );
  const living = await accountsOf(sql, leftOut);
  return pairs
    .filter(({ stored, observation }) => {
      if (stored?.known.state === "quarantined") return true;
      const seen = observation ?? (stored && { finding: "absent", version: stored.known.version });
      // Someone named in SQL lives: the row's foreign key says so.
      const livesOn = (userId: string) => stored?.content?.createdBy === userId || living(userId);
      return seen !== undefined && differenceOf(stored, seen, livesOn) !== undefined;
    })
    .map((pair) => pair.jobId);
}

/** Both stores merged by id, in pages. */
async function* pagesOfBoth(
  deps: { db: Sql; firestore: Firestore; kinds: Kinds },
  after: string,
): AsyncGenerator<Pair[]> {
  const documents = observations(deps, after);
  const rows = storedResults(deps.db, after.split("\0", 1)[0] ?? "", PAGE); // SQL has no id with that character
  let [left, right] = [await documents.next(), await rows.next()];
  let page: Pair[] = [];
  while (!left.done || !right.done) {
    const order = left.done ? 1 : right.done ? -1 : byBytes(left.value.jobId, right.value.jobId);
    const document = !left.done && order <= 0 ? left.value : undefined;
    const stored = !right.done && order >= 0 ? right.value : undefined;
    page.push({ jobId: document?.jobId ?? stored?.jobId ?? "", stored, observation: document?.observation });
    if (document) left = await documents.next();
    if (stored) right = await rows.next();
    if (page.length === PAGE) {
      yield page;
      page = [];
    }
  }
  if (page.length > 0) yield page;
}

async function* observations(
  { firestore, kinds }: { firestore: Firestore; kinds: Kinds },
  after: string,
): AsyncGenerator<{ jobId: string; observation: Observation }> {
  const ordered = rawResultsOf(firestore).orderBy(FieldPath.documentId()).limit(PAGE);
  for (let last = after; ; ) {
    const page = await (last === "" ? ordered : ordered.startAfter(last)).get();
    for (const document of page.docs)
      yield { jobId: document.id, observation: observationOf(document.id, document, kinds) };
    const end = page.docs.at(-1);
    if (!end || page.size < PAGE) return;
    last = end.id;
  }
}

/** Firestore sorts ids by the bytes of their UTF-8; JavaScript compares UTF-16 units, which differs beyond the basic plane. */
function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
