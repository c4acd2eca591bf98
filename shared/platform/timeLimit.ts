/** Time limits for work that is done piece by piece: none is begun after the time is over, and none can hold up what comes after it. */
import pMap from "p-map";

/** Milliseconds since some moment, never going back; injected, so that tests decide how fast time passes. */
export type Stopwatch = () => number;
/** The machine's. It goes on while the process is stopped or gets no CPU. */
export const systemStopwatch: Stopwatch = () => performance.now();

/** Thrown when the time for some work is over. */
export class OutOfTimeError extends Error {
  constructor() {
    super("the time for this is over");
    this.name = "OutOfTimeError";
  }
}

/**
 * The time that some work has. The work asks before each document, row, object or page, so it stops by the clock also when no timer
 * fires, because the process was stopped or gets no CPU.
 */
export class TimeLimit {
  readonly #stopwatch: Stopwatch;
  readonly #until: number;
  #ended = false;

  constructor(seconds: number, stopwatch: Stopwatch = systemStopwatch) {
    this.#stopwatch = stopwatch;
    this.#until = stopwatch() + seconds * 1000;
  }
  /** Seconds that are left; 0 when the time is over. */
  left(): number {
    return this.#ended ? 0 : Math.max(0, (this.#until - this.#stopwatch()) / 1000);
  }
  /** @throws OutOfTimeError */
  check(): void {
    if (this.left() === 0) throw new OutOfTimeError();
  }
  /** A part of this time: at most `seconds`. */
  part(seconds: number): TimeLimit {
    return new TimeLimit(Math.min(seconds, this.left()), this.#stopwatch);
  }
  /** Ends it before its time. */
  end(): void {
    this.#ended = true;
  }
}

/** For work that nothing waits for. */
export const UNLIMITED = new TimeLimit(Number.POSITIVE_INFINITY);

/**
 * What `work` resolves to, if it does so in time. A call that hangs can't be ended, but nothing waits for it, and the work stops at
 * its next look at `time`. What becomes of it later is ignored, so it must be harmless at any time.
 * @throws OutOfTimeError when the time is over first; what `work` throws
 */
export async function inTime<T>(time: TimeLimit, work: (time: TimeLimit) => Promise<T>): Promise<T> {
  time.check();
  if (time.left() === Number.POSITIVE_INFINITY) return work(time);
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<never>((_, reject) => {
    const look = () => {
      // A timer may fire early by the stopwatch, which is what counts.
      if (time.left() > 0) timer = setTimeout(look, time.left() * 1000);
      else reject(new OutOfTimeError());
    };
    look();
  });
  try {
    return await Promise.race([work(time), over]);
  } finally {
    clearTimeout(timer);
  }
}

/** How far `workThrough` came. */
export interface WorkedThrough {
  /** Items for which `work` said that it did something. */
  readonly done: number;
  /** Of single items. */
  readonly errors: readonly unknown[];
  /** How many items from the first on were dealt with, errors included; less than all when the time was over. */
  readonly through: number;
}

/**
 * Does `work` for each item, some at a time, in their order, until the time is over. An item that fails or hangs doesn't stop the others.
 * @param work returns whether it did something
 * @param options.itemSeconds after which an item counts as failed
 */
export async function workThrough<Item>(
  items: readonly Item[],
  time: TimeLimit,
  work: (item: Item) => Promise<boolean>,
  { atOnce = 8, itemSeconds = 5 }: { atOnce?: number; itemSeconds?: number } = {},
): Promise<WorkedThrough> {
  let done = 0;
  const errors: unknown[] = [];
  const dealtWith = items.map(() => false);
  await pMap(
    items,
    async (item, index) => {
      const begun = time.left();
      if (begun === 0) return;
      try {
        if (await inTime(time.part(itemSeconds), () => work(item))) done += 1;
      } catch (error) {
        // One that had less than its time is begun again another time.
        if (error instanceof OutOfTimeError && (begun < itemSeconds || time.left() === 0)) return;
        errors.push(error);
      }
      dealtWith[index] = true;
    },
    { concurrency: atOnce },
  );
  const first = dealtWith.indexOf(false);
  return { done, errors, through: first === -1 ? items.length : first };
}
