/**
 * Which packets of a long video are worth decoding. A short video is decoded whole; of a long one only bursts: a key frame and the
 * pictures right after it (a burst, so that the sharpest of them can be chosen), then nothing until the next key frame that is an
 * interval away. Skipped packets cost reading, not decoding.
 */

/** Pictures of 1920×1080 that may be decoded. */
const BUDGET = 2400;
const FULL_HD = 1920 * 1080;
const SHORTEST_BURST = 8;
const FEWEST_BURSTS = 32;
/** Between bursts where the container doesn't tell its duration, in seconds. */
const UNKNOWN_INTERVAL = 2;
/** A frame rate is only an average. */
const MARGIN = 1.25;
/** Where key frames are further apart than this (screen recordings have one), skipping would lose too much between them. */
const FAR_KEYS_SECONDS = 10;

export interface SamplingInput {
  readonly durationSeconds: number | undefined;
  readonly framesPerSecond: number;
  readonly width: number;
  readonly height: number;
}

/** `decode` this packet; `skip` it; or `restart`: let the decoder finish what it holds, forget it, then decode. */
export type Decision = "decode" | "skip" | "restart";

export class Sampling {
  /** Pictures to decode before bursts set in. */
  readonly #whole: number;
  /** Between the beginnings of two bursts at least, in seconds. */
  readonly #interval: number;
  /** Pictures of each second of video that may be decoded on average. */
  readonly #perSecond: number;
  #decoded = 0;
  #burst = 0;
  #burstBegan = Number.NEGATIVE_INFINITY;
  #skipping = false;
  #lastKey: number | undefined;
  #keyDistance = Number.POSITIVE_INFINITY;

  constructor({ durationSeconds, framesPerSecond, width, height }: SamplingInput) {
    const budget = BUDGET / Math.max(0.25, (width * height) / FULL_HD);
    // Where the whole video fits the budget, what is beyond it goes further than the container said.
    if (durationSeconds === undefined || durationSeconds * framesPerSecond <= budget) {
      this.#whole = budget * MARGIN;
      this.#interval = UNKNOWN_INTERVAL;
      this.#perSecond = SHORTEST_BURST / UNKNOWN_INTERVAL;
    } else {
      this.#whole = 0;
      this.#interval = durationSeconds / Math.max(FEWEST_BURSTS, budget / SHORTEST_BURST);
      this.#perSecond = budget / durationSeconds;
    }
  }

  /** To be asked for each packet of the video in order. `timeSeconds` may be missing in broken files. */
  decide(packet: { readonly key: boolean; readonly timeSeconds: number | undefined }): Decision {
    const time = packet.timeSeconds ?? this.#lastKey ?? 0;
    if (packet.key) this.#seeKey(time);
    if (this.#decoded < this.#whole) return this.#decode("decode");
    // A jump back in time also begins a burst: recordings that were joined start again at zero.
    if (packet.key && Math.abs(time - this.#burstBegan) >= this.#interval) {
      this.#burst = 0;
      this.#burstBegan = time;
      return this.#decode(this.#skipping ? "restart" : "decode");
    }
    if (this.#skipping) return "skip";
    if (this.#burst < this.#burstLength() || this.#keyDistance > FAR_KEYS_SECONDS)
      return this.#decode("decode");
    this.#skipping = true;
    return "skip";
  }

  #seeKey(time: number): void {
    if (this.#lastKey !== undefined && time > this.#lastKey) this.#keyDistance = time - this.#lastKey;
    this.#lastKey = time;
  }

  #burstLength(): number {
    return Math.max(SHORTEST_BURST, this.#perSecond * Math.max(this.#interval, this.#keyDistance));
  }

  #decode(decision: "decode" | "restart"): Decision {
    this.#decoded++;
    this.#burst++;
    this.#skipping = false;
    return decision;
  }
}
