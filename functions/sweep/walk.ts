/** Walks that are too long for one run: each run does a slice and writes down where the next one goes on. */
import { type Clock, plusSeconds } from "#shared/platform/clock.ts";
import type { Sql } from "#shared/platform/sql/pool.ts";

/** What a slice did, as counts, and where the next one begins; null at the end of the walk. */
export interface Slice {
  readonly [count: string]: number | string | null | readonly unknown[];
  readonly next: string | null;
}

/**
 * Does the next slice of a walk, unless it rests. A slice that throws is done again from the same place.
 * @param options.restSeconds between the end of one walk and the beginning of the next, given the seconds that the walk took
 * @param slice gets the place to go on from (undefined at the beginning) and tells the next one, null at the end
 * @returns what the slice returned; undefined while the walk rests
 */
export async function walkOn<T extends { readonly next: string | null }>(
  name: string,
  options: { db: Sql; clock: Clock; restSeconds: (spentSeconds: number) => number },
  slice: (place: string | undefined) => Promise<T>,
): Promise<T | undefined> {
  const { rows } = await options.db.query<{ place: string | null; spent_ms: number; next_at: Date }>(
    "SELECT place, spent_ms, next_at FROM walks WHERE name = $1",
    [name],
  );
  const walk = rows[0];
  if (walk && walk.next_at > options.clock()) return undefined;
  const startedAt = performance.now();
  const done = await slice(walk?.place ?? undefined);
  const spentMs = Math.round((walk?.place ? walk.spent_ms : 0) + performance.now() - startedAt);
  const rest = done.next === null ? options.restSeconds(spentMs / 1000) : 0;
  await options.db.query(
    `INSERT INTO walks (name, place, spent_ms, next_at) VALUES ($1, $2, $3, $4)
     ON CONFLICT (name) DO UPDATE SET place = excluded.place, spent_ms = excluded.spent_ms, next_at = excluded.next_at`,
    [name, done.next, spentMs, plusSeconds(options.clock(), rest)],
  );
  return done;
}
