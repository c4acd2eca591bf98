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

/**
 * How much longer a job runs that has run for `elapsed`: the middle of what is left to those that took longer. One that has outlasted
 * them all is thought to be half done with the rest of its way: a tenth of what it took so far.
 */
export function remainingSeconds(took: readonly number[], elapsed: number): number {
  const longer = took.filter((seconds) => seconds > elapsed).map((seconds) => seconds - elapsed);
  return longer.length > 0 ? median(longer) : elapsed / 10;
}

/**
 * When the job at `position` (from 1) starts: engines take the line in turn, each as soon as it is free. Without any sign of an
 * engine one is assumed to come at once, since the ring starts it.
 */
export function startsInSeconds(pace: KindPace, position: number): number {
  const usual = median(pace.took);
  const freeIn = [
    ...pace.running.map((elapsed) => remainingSeconds(pace.took, elapsed)),
    ...Array.from({ length: pace.idle }, () => 0),
  ];
  const engines = (freeIn.length > 0 ? freeIn : [0]).sort((a, b) => a - b);
  // After every engine took one job the order of engines repeats: whole rounds need no simulation.
  const round = Math.floor((position - 1) / engines.length);
  return (engines[(position - 1) % engines.length] ?? 0) + round * usual;
}
