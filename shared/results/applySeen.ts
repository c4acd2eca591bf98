/**
 * Looking at a result and writing what follows, without waiting for Firestore or Storage inside a transaction: what SQL knows is read
 * first, then the document, and the transaction writes only if SQL still knows the same. So the document is at least as new as
 * everything that SQL has seen of it, as if it had been read under the result's lock; what is written after the look has an event of its own.
 */
import type { Change } from "../changes/change.ts";
import { type Recorded, recordChanges } from "../changes/recordChanges.ts";
import type { Clock } from "../platform/clock.ts";
import { errors } from "../platform/errors.ts";
import type { Database, Sql } from "../platform/sql/pool.ts";
import { type Applied, type Entered, judge, type Unentered } from "./applyObservation.ts";
import type { Judgement, Mode } from "./decide.ts";
import {
  type Observation,
  type ObservationDeps,
  observe,
  type ReadableDocument,
  unreadable,
  withFiles,
} from "./observation.ts";
import { enterQuarantine, leaveQuarantine } from "./quarantine.ts";
import type { Unreadable } from "./readResult.ts";
import { type KnownRow, knownResult, lockResult } from "./resultRows.ts";

export interface SeenDeps extends ObservationDeps {
  readonly db: Database;
  readonly clock: Clock;
}

/** What SQL knew of a result, and its document after that. */
export interface Seen {
  readonly known: KnownRow | undefined;
  readonly observation: Observation;
}

/** Reads what SQL knows, and then the document without its files. */
export async function see(jobId: string, deps: SeenDeps): Promise<Seen> {
  const known = await knownResult(deps.db, jobId);
  return { known, observation: await observe(jobId, deps) };
}

/** What the work of a transaction gets; everything of it was read before or is SQL's. */
export interface Locked {
  /** The row now, locked. */
  readonly known: KnownRow | undefined;
  /** Whether the row is as it was before the document was read. */
  readonly isSame: boolean;
  /** Whether an earlier look was overtaken. */
  readonly isRepeated: boolean;
  /** As it was seen, without a look at the files. */
  readonly observation: Observation;
  readonly judgement: Judgement;
  readonly entered: Entered | undefined;
  readonly now: Date;
}

/** @property overtaken something else was written since the look; look again */
export type Attempt<T> =
  | { readonly applied: Applied; readonly changes: readonly Change[]; readonly result: T }
  | Unentered
  | { readonly overtaken: true };

/** What was written, with what `raiseFeeds` gets. */
export interface Outcome<T> {
  readonly applied: Applied;
  readonly recorded: readonly Recorded[];
  readonly result: T;
}

/** Each repetition means that another writer came between, or that SQL has refused the document for one more reason. */
const TRIES = 8;

/**
 * Has `work` write what follows from a look, and looks again for as long as it was overtaken. Before each attempt the quarantine gets
 * the entry of a document that can't be read, or loses the one that is over.
 * @param first the look that shows there is something to do
 * @param putNew writes a readable document, whose files are there, of a result that SQL knew nothing of, without a transaction of
 *   several statements; undefined when it has written nothing, and `work` is to decide. An entry in quarantine that a crash left is then left to
 *   reconciliation
 * @throws what the stores throw, and `unavailable` when it was overtaken again and again; repeating the call completes it
 */
export async function applySeen<T>(
  jobId: string,
  first: Seen,
  mode: Mode,
  work: (sql: Sql, locked: Locked) => Promise<Attempt<T>>,
  deps: SeenDeps,
  putNew: (document: ReadableDocument) => Promise<Outcome<T> | undefined> = async () => undefined,
): Promise<Outcome<T>> {
  let refusal: Refusal | undefined;
  let seen = first;
  for (let tries = 0; tries < TRIES; tries++) {
    if (tries > 0) seen = await see(jobId, deps);
    const observation = await withFiles(seen.observation, deps.objects);
    if (tries === 0 && seen.known === undefined && observation.finding === "readable") {
      const put = await unlessContested(() => putNew(observation));
      if (put) return put;
    }
    const expected = refusedAs(observation, refusal);
    const entered = await prepareQuarantine(jobId, { ...seen, observation: expected }, deps);
    const attempt = await unlessRefused(() =>
      deps.db.transaction(async (sql) => {
        await lockResult(sql, jobId);
        const judgement = await judge(sql, refusal?.byDatabase ? expected : observation);
        const known = await knownResult(sql, jobId, "lock");
        const isSame = known?.mark === seen.known?.mark;
        const done = await work(sql, {
          known,
          isSame,
          isRepeated: tries > 0,
          observation: seen.observation,
          judgement,
          entered,
          now: deps.clock(),
        });
        const after = entered || mode !== "event" ? await knownResult(sql, jobId) : undefined;
        const recorded = "changes" in done ? await recordChanges(sql, done.changes, deps.clock()) : [];
        return { ...done, recorded, known: after };
      }),
    );
    if ("refused" in attempt || "unentered" in attempt) {
      const byDatabase = "refused" in attempt;
      const why = byDatabase ? attempt.refused : attempt.unentered;
      if (byDatabase && refusal?.byDatabase && refusal.version === observation.version) throw attempt.error;
      refusal = { version: observation.version, why, byDatabase };
    } else if (!("overtaken" in attempt)) {
      const { applied, recorded, result, known } = attempt;
      if (entered || mode !== "event") await tidyQuarantine(jobId, expected, known, deps);
      return { applied, recorded, result };
    }
  }
  throw errors.unavailable("the result is being changed again and again");
}

/** A reason that only SQL knows why a document can't be taken. */
interface Refusal {
  readonly version: string;
  readonly why: Unreadable;
  /** Whether the database refused the values; otherwise SQL may judge the next look in another way. */
  readonly byDatabase: boolean;
}

/** A readable document that SQL refused is unreadable for that reason. */
function refusedAs(observation: Observation, refusal: Refusal | undefined): Observation {
  return refusal?.version === observation.version && observation.finding === "readable"
    ? unreadable(observation, refusal.why)
    : observation;
}

/** @returns the entry that is there for this observation, if it is one that needs an entry */
async function prepareQuarantine(
  jobId: string,
  { known, observation }: Seen,
  deps: SeenDeps,
): Promise<Entered | undefined> {
  const { version } = observation;
  if (observation.finding !== "unreadable" || known?.state === "erased") {
    // One of this version stays until SQL has judged: it may say again that the document can't be taken.
    await leaveQuarantine(jobId, deps, (of) => of < version);
    return undefined;
  }
  const { why, data } = observation;
  const isThere = await enterQuarantine({ jobId, version, why, data, now: deps.clock() }, deps);
  return isThere ? { version, code: why.code } : undefined;
}

/** Removes an entry that was put there for nothing, or by a slower instance: SQL doesn't call that version quarantined. */
async function tidyQuarantine(
  jobId: string,
  { version }: Observation,
  known: KnownRow | undefined,
  deps: SeenDeps,
): Promise<void> {
  const quarantined = known?.state === "quarantined" ? known.version : undefined;
  if (quarantined === version) return;
  await leaveQuarantine(jobId, deps, (of) => of <= version && of !== quarantined);
}

/** The result of `work`, or why the database refused its values. */
async function unlessRefused<T>(
  work: () => Promise<T>,
): Promise<T | { readonly refused: Unreadable; readonly error: unknown }> {
  try {
    return await work();
  } catch (error) {
    const refused = refusalOfDatabase(error);
    if (!refused) throw error;
    return { refused, error };
  }
}

/** @returns undefined when the database refused the values or ended the statement for the sake of another (class 40): `applySeen` finds out */
async function unlessContested<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    const isRollback = error instanceof Error && "code" in error && /^40/.test(String(error.code));
    if (!isRollback && !refusalOfDatabase(error)) throw error;
    return undefined;
  }
}

/**
 * Postgres' word that these values can't be stored (class 22 data exception, class 23 integrity violation), which no repetition
 * changes; for example a NUL character in a title. A missing foreign key (23503) isn't one: its row went at the same time.
 */
function refusalOfDatabase(error: unknown): Unreadable | undefined {
  if (!(error instanceof Error) || !("code" in error) || typeof error.code !== "string") return undefined;
  if (!/^2[23]/.test(error.code) || error.code === "23503") return undefined;
  return { code: "rejected_by_database", detail: `SQLSTATE ${error.code}` };
}
