/**
 * The part of an erasure that is outside SQL. It can be resumed at any point: each step removes what it finds, so a repeated step finds
 * nothing, or what came late. One worker at a time holds the claim.
 */

import { type Clock, plusSeconds } from "../platform/clock.ts";
import type { FirebaseAccounts } from "../platform/google/firebaseAccounts.ts";
import type { Logger } from "../platform/log/logger.ts";
import { audit } from "../platform/sql/auditLog.ts";
import type { Database } from "../platform/sql/pool.ts";
import { OutOfTimeError, type TimeLimit, UNLIMITED } from "../platform/timeLimit.ts";
import { endListenersOf } from "../spaces/listeners.ts";
import { mirrorMember } from "../spaces/mirror.ts";
import { type Erasure, erasureOf, type Took } from "./requestErasure.ts";
import {
  cancelJobs,
  forgetAnswers,
  forgetCreator,
  removeData,
  type SpaceDataDeps,
  setTombstone,
  type Tally,
} from "./spaceData.ts";

export interface ErasureDeps extends SpaceDataDeps {
  readonly db: Database;
  readonly firebase: Pick<FirebaseAccounts, "remove">;
  readonly clock: Clock;
  readonly log: Logger;
}

/** After this time another worker may take the claim of one that died; longer than any function may run. */
const CLAIM_SECONDS = 600;
/** How long objects can still arrive: an open upload session outlives its URL by a week. */
const LATE_DAYS = 8;
const FIRST_LOOK_SECONDS = 3_600;
const LATER_LOOK_SECONDS = 86_400;

/**
 * Continues an erasure as far as time allows.
 * @param time nothing is begun after it is over; `sweep` continues
 * @returns the erasure as it is then; `doneAt` is null while something is left
 * @throws what a store throws when it is away; what was removed is recorded, and `sweep` does the rest
 */
export async function continueErasure(userId: string, deps: ErasureDeps, time: TimeLimit): Promise<Erasure> {
  const claimed = await claim(userId, deps);
  if (claimed) {
    const tally = new TimedTally(claimed.erasure.took, time);
    let finished = false;
    try {
      await removeAll(claimed.erasure, deps, tally);
      finished = true;
    } catch (error) {
      if (!(error instanceof OutOfTimeError)) throw error;
    } finally {
      await record(claimed, tally.took, finished, deps);
    }
  }
  const erasure = await erasureOf(deps.db, userId);
  if (!erasure) throw new Error("an erasure's row is never deleted");
  return erasure;
}

/**
 * Continues erasures that are due: unfinished ones, and finished ones whose spaces are searched again for what came late.
 * @param time for all of them together
 * @returns how many were worked on and how many of those have something left
 */
export async function continueErasures(
  deps: ErasureDeps,
  time: TimeLimit = UNLIMITED,
  limit = 100,
): Promise<{ continued: number; unfinished: number; cut: boolean }> {
  const now = deps.clock();
  const { rows } = await deps.db.query<{ user_id: string }>(
    `SELECT user_id FROM erasures WHERE next_at <= $1 AND (busy_until IS NULL OR busy_until <= $1) ORDER BY next_at LIMIT $2`,
    [now, limit],
  );
  let continued = 0;
  let unfinished = 0;
  for (const { user_id } of rows) {
    if (time.left() === 0) break;
    continued += 1;
    try {
      if ((await continueErasure(user_id, deps, time)).doneAt === null) unfinished += 1;
    } catch (error) {
      unfinished += 1; // one that fails doesn't stop the others
      deps.log.error("erasure_interrupted", { error, userId: user_id });
    }
  }
  return { continued, unfinished, cut: time.left() === 0 };
}

/** In this order (docs/architecture.md#promises): tombstones, open jobs, results, objects, quarantined documents, Firebase accounts. */
async function removeAll(erasure: Erasure, deps: ErasureDeps, tally: Tally): Promise<void> {
  const { spaceIds, userId } = erasure;
  for (const spaceId of spaceIds) await setTombstone(spaceId, erasure.requestedAt, deps.firestore);
  for (const member of erasure.formerMembers) await mirrorMember(deps.db, deps.firestore, member);
  await endListenersOf(userId, deps.firestore);
  for (const spaceId of spaceIds) {
    await cancelJobs(spaceId, deps, tally);
    await removeData(spaceId, deps, tally);
  }
  await forgetAnswers(erasure.formerMembers, deps.firestore, tally);
  await forgetCreator(userId, deps, tally);
  tally.checkTime();
  // The person's own id again at a later look: a listener token that is used within its hour makes the account again, which reads nothing.
  await deps.firebase.remove([...new Set([...erasure.firebaseUids, userId])]);
}

interface Claim {
  readonly erasure: Erasure;
  /** Names the claim: no other has the same end. */
  readonly until: Date;
}

/** Takes the erasure's claim; undefined when another worker has it. */
async function claim(userId: string, { db, clock }: ErasureDeps): Promise<Claim | undefined> {
  const now = clock();
  const until = plusSeconds(now, CLAIM_SECONDS);
  const { rowCount } = await db.query(
    `UPDATE erasures SET busy_until = $2
     WHERE user_id = $1 AND next_at IS NOT NULL AND (busy_until IS NULL OR busy_until <= $3)`,
    [userId, until, now],
  );
  const erasure = rowCount ? await erasureOf(db, userId) : undefined;
  return erasure && { erasure, until };
}

/**
 * Records what was removed, releases the claim, and sets the time of the next look. A worker that was stopped for longer than its claim
 * records nothing: another has the erasure, and its row says what that one has removed.
 */
async function record(
  { erasure, until }: Claim,
  took: Took,
  finished: boolean,
  { db, clock }: ErasureDeps,
): Promise<void> {
  const now = clock();
  await db.transaction(async (sql) => {
    const { rowCount } = await sql.query(
      `UPDATE erasures SET took = $3, busy_until = NULL, next_at = $4
       WHERE user_id = $1 AND busy_until = $2`,
      [erasure.userId, until, JSON.stringify(took), finished ? nextLook(erasure, now) : now],
    );
    if (!rowCount || !finished) return;
    await sql.query(
      `UPDATE erasures SET done_at = coalesce(done_at, $2), former_members = '{}', firebase_uids = '{}'
       WHERE user_id = $1`,
      [erasure.userId, now],
    );
    if (erasure.doneAt === null) await audit(sql, { action: "erased", userId: erasure.userId }, now);
  });
}

/**
 * When to look for what came late: an hour after the first pass, because listener tokens live that long and uploads may be under way; then
 * daily for a week, unless no space ended.
 */
function nextLook({ spaceIds, requestedAt, doneAt }: Erasure, now: Date): Date | null {
  if (doneAt === null) return plusSeconds(now, FIRST_LOOK_SECONDS);
  if (spaceIds.length === 0 || now > plusSeconds(requestedAt, LATE_DAYS * 86_400)) return null;
  return plusSeconds(now, LATER_LOOK_SECONDS);
}

class TimedTally implements Tally {
  readonly #took: Record<string, number>;
  readonly #time: TimeLimit;

  constructor(took: Took, time: TimeLimit) {
    this.#took = { ...took };
    this.#time = time;
  }
  get took(): Took {
    return this.#took;
  }
  add(what: string, count = 1): void {
    this.#took[what] = (this.#took[what] ?? 0) + count;
  }
  checkTime(): void {
    this.#time.check();
  }
}
