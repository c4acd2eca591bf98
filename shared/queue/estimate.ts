/**
 * When a job is likely to start and to be done, from what its kind really took lately. Pure; everything in seconds from now.
 */

/** What is known of a kind at one moment. */
export interface KindPace {
  /** How long the latest jobs took, in seconds, in any order. Not empty: without experience it holds what the kind thinks usual. */
  readonly took: readonly number[];
  /** For how long each job that runs has run, in seconds. */
  readonly running: readonly number[];
  /** Engines that are there without work, as far as is known. */
  readonly idle: number;
}

/** The middle of some numbers; the mean of the two middle ones when their count is even. 0 for none. */
export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[sorted.length / 2 - 1] ?? 0) + upper) / 2;
}

/** The mean of some numbers; 0 for none. */
function mean(numbers: readonly number[]): number {
  return numbers.length === 0 ? 0 : numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
}

/**
 * How much longer a job runs that has run for `elapsed`: the middle of what is left to those that took longer. One that has outlasted
 * them all is given a tenth of what it took so far.
 */
export function remainingSeconds(took: readonly number[], elapsed: number): number {
  const longer = took.filter((seconds) => seconds > elapsed).map((seconds) => seconds - elapsed);
  return longer.length > 0 ? median(longer) : elapsed / 10;
}

/**
 * When the job at `position` (from 1) starts: engines take the line in turn, each as soon as it is free. A turn lasts as long as the
 * mean, because many of them add up; where a single job is judged, it is the median. Without any sign of an engine one is assumed
 * to come at once, since the ring starts it.
 */
export function startsInSeconds(pace: KindPace, position: number): number {
  const turn = mean(pace.took);
  const free = [
    ...pace.running.map((elapsed) => remainingSeconds(pace.took, elapsed)),
    ...Array.from({ length: pace.idle }, () => 0),
  ].sort((a, b) => a - b);
  if (free.length === 0) free.push(0);
  // Turns begin in the order in which engines come free, so the ends of turns are in order by themselves.
  const ends: number[] = [];
  for (let served = 0, first = 0, again = 0; ; served++) {
    const [next, ended] = [free[first], ends[again]];
    const starts = Math.min(next ?? Number.POSITIVE_INFINITY, ended ?? Number.POSITIVE_INFINITY);
    if (served === position - 1) return starts;
    if (starts === next) first++;
    else again++;
    ends.push(starts + turn);
  }
}
