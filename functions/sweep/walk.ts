/** Walks that are too long for one run: each run does a slice and writes down where the next one goes on. */
import { type Clock, plusSeconds } from "#shared/clock.ts";
import type { Sql } from "#shared/sql/pool.ts";

/**
 * Does the next slice of a walk, unless it rests. A slice that throws is done again from the same place.
 * @param options.everySeconds rest between the end of one walk and the beginning of the next
 * @param slice gets the place to go on from (undefined at the beginning) and tells the next one, null at the end
 * @returns what the slice returned; undefined while the walk rests
 */
export async function walkOn<T extends { readonly next: string | null }>(
  name: string,
  options: { db: Sql; clock: Clock; everySeconds: number },
  slice: (place: string | undefined) => Promise<T>,
): Promise<T | undefined> {
  const { rows } = await options.db.query<{ place: string | null; next_at: Date }>(
    "SELECT place, next_at FROM walks WHERE name = $1",
    [name],
  );
  const walk = rows[0];
  if (walk && walk.next_at > options.clock()) return undefined;
  const done = await slice(walk?.place ?? undefined);
  const nextAt = done.next === null ? plusSeconds(options.clock(), options.everySeconds) : options.clock();
  await options.db.query(
    `INSERT INTO walks (name, place, next_at) VALUES ($1, $2, $3)
     ON CONFLICT (name) DO UPDATE SET place = excluded.place, next_at = excluded.next_at`,
    [name, done.next, nextAt],
  );
  return done;
}
