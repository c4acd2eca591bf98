/** How long a fetch may take. All in seconds. */
export interface FetchLimits {
  /** From the beginning of a request, its look-up included, to the last header of its answer; each redirect begins another. */
  readonly firstByte: number;
  /** Of it, for each address of a name: the connection and its TLS. */
  readonly connection: number;
  /** Between two pieces of the body. */
  readonly idle: number;
  /** A body that comes slower than `slowest` on average is given up after this long. */
  readonly patience: number;
  /** Bytes a second. */
  readonly slowest: number;
  /** All tries together: less than the function's own time-out, so that a fetch is over before its task is tried again. */
  readonly overall: number;
  /** Before the second try, and the third. */
  readonly pauses: readonly number[];
  /** How long a fetch is taken to be alive after it said so, and how often it says so. */
  readonly alive: number;
  readonly beat: number;
}

export const LIMITS: FetchLimits = {
  firstByte: 10,
  connection: 4,
  idle: 30,
  patience: 60,
  slowest: 32 * 1024,
  overall: 1500,
  pauses: [2, 10],
  alive: 90,
  beat: 30,
};
