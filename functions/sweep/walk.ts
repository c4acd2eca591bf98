/** Walks that are too long for one run: after each page it is written down where to go on, so a run that is cut or killed loses a page. */
import { type Clock, plusSeconds } from "#shared/platform/clock.ts";
import type { NewId } from "#shared/platform/ids.ts";
import type { Sql } from "#shared/platform/sql/pool.ts";
import type { TimeLimit } from "#shared/platform/timeLimit.ts";
import type { RepairResult } from "./runRepairs.ts";

/** What a page did. */
export interface Page {
  /** Counts. */
  readonly did: Readonly<Record<string, number>>;
  /** Of single things; the walk goes on behind them. */
  readonly errors?: readonly unknown[];
  /** Where the next page begins; empty for the beginning, null at the end of the walk. */
  readonly next: string | null;
}

export interface Walk {
  readonly name: string;
  /** Between the end of one walk and the beginning of the next, given the seconds that the walk took. */
  readonly restSeconds: (spentSeconds: number) => number;
  /**
   * Does a page, from a place on (undefined at the beginning). It is short, and what of it is left when the time is over is the next
   * page. A page may be done twice.
   */
  readonly page: (place: string | undefined, time: TimeLimit) => Promise<Page>;
}

export interface WalkDeps {
  readonly db: Sql;
  readonly clock: Clock;
  readonly newId: NewId;
}

/** How long after its time a run keeps a walk that it didn't give back, because it hangs or was killed. */
const HOLD_LONGER_SECONDS = 30;

/**
 * Goes on with a walk until its end or the end of the time, unless it rests or another run has it. A page that throws is done again from
 * the same place. The hold only saves work: a run that was stopped for longer than its hold may do the rest of a page a second
 * time, which has no second effect, and its place is not taken any more.
 * @param note takes what was done so far, after each page
 */
export async function walkOn(
  walk: Walk,
  deps: WalkDeps,
  time: TimeLimit,
  note: (soFar: RepairResult) => void = () => {},
): Promise<RepairResult> {
  const holder = deps.newId();
  const held = await hold(walk.name, holder, deps, time);
  if (!held) return { did: {}, errors: [], cut: false };
  const startedAt = time.left();
  const did: Record<string, number> = {};
  const errors: unknown[] = [];
  let { place } = held;
  try {
    while (time.left() > 0) {
      note({ did: { ...did }, errors: [...errors], cut: false, place: place || undefined });
      const page = await walk.page(place || undefined, time);
      for (const [what, count] of Object.entries(page.did)) did[what] = (did[what] ?? 0) + count;
      errors.push(...(page.errors ?? []));
      const spentSeconds = held.spentMs / 1000 + startedAt - time.left();
      const rest = page.next === null ? walk.restSeconds(spentSeconds) : 0;
      const at = { place: page.next, spentMs: page.next === null ? 0 : spentSeconds * 1000, rest };
      if (!(await save(walk.name, holder, at, deps))) return { did, errors, cut: true };
      if (page.next === null) return { did, errors, cut: false };
      place = page.next;
    }
    return { did, errors, cut: true, place: place || undefined };
  } finally {
    await giveBack(walk.name, holder, deps);
  }
}

async function hold(
  name: string,
  holder: string,
  { db, clock }: WalkDeps,
  time: TimeLimit,
): Promise<{ place: string | null; spentMs: number } | undefined> {
  const now = clock();
  const until = plusSeconds(now, time.left() + HOLD_LONGER_SECONDS);
  const { rows } = await db.query<{ place: string | null; spent_ms: number }>(
    `INSERT INTO walks (name, spent_ms, next_at, holder, held_until) VALUES ($1, 0, $3, $2, $4)
     ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, held_until = excluded.held_until
       WHERE walks.next_at <= $3 AND (walks.held_until IS NULL OR walks.held_until <= $3)
     RETURNING place, spent_ms`,
    [name, holder, now, until],
  );
  return rows[0] && { place: rows[0].place, spentMs: rows[0].spent_ms };
}

/** @returns false when the walk is another run's by now */
async function save(
  name: string,
  holder: string,
  { place, spentMs, rest }: { place: string | null; spentMs: number; rest: number },
  { db, clock }: WalkDeps,
): Promise<boolean> {
  const { rowCount } = await db.query(
    "UPDATE walks SET place = $3, spent_ms = $4, next_at = $5 WHERE name = $1 AND holder = $2",
    [name, holder, place, Math.round(spentMs), plusSeconds(clock(), rest)],
  );
  return rowCount === 1;
}

async function giveBack(name: string, holder: string, { db }: WalkDeps): Promise<void> {
  await db.query("UPDATE walks SET holder = NULL, held_until = NULL WHERE name = $1 AND holder = $2", [
    name,
    holder,
  ]);
}
