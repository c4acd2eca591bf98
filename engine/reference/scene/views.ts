import { difference, type Look } from "./look.ts";

/** A stretch of the video that shows one thing, and its sharpest picture. Times in seconds from the beginning. */
export interface View {
  readonly from: number;
  readonly until: number;
  /** When the sharpest picture is shown. */
  readonly timeSeconds: number;
  readonly look: Look;
  /** Whether it is so short or so empty that it is only wanted when there is nothing else. */
  readonly minor: boolean;
}

export interface Seen {
  /** The view that ended before this picture. */
  readonly ended: View | undefined;
  /** Whether this picture is the sharpest of its view so far, and so the one to keep. */
  readonly best: boolean;
}

/** From here on two pictures are of different views; found by trying pans, cuts and shaking hands. */
export const NEW_VIEW = 0.45;
/** A whip pan or a flash, in seconds. */
const BRIEF = 0.15;
/** Contrast of a picture in which there is nothing to see. */
const EMPTY = 0.012;
/** A damaged picture wins only over other damaged ones. */
const DAMAGED = 1e-6;

/** Cuts the stream of pictures into views as they come. Remembers two looks, however long the video is. */
export class ViewFinder {
  #reference: Look | undefined;
  #best: { look: Look; timeSeconds: number; score: number } | undefined;
  #from = 0;
  #until = 0;

  see(look: Look, timeSeconds: number, damaged: boolean): Seen {
    const score = look.sharpness * (damaged ? DAMAGED : 1);
    const ended =
      this.#reference !== undefined && difference(this.#reference.grid, look.grid, NEW_VIEW) > NEW_VIEW
        ? this.end()
        : undefined;
    if (this.#reference === undefined) {
      this.#reference = look;
      this.#from = timeSeconds;
    }
    this.#until = timeSeconds;
    const best = this.#best === undefined || score > this.#best.score;
    if (best) this.#best = { look, timeSeconds, score };
    return { ended, best };
  }

  /** The view that is still open, at the end of the video. */
  end(): View | undefined {
    const best = this.#best;
    this.#best = undefined;
    this.#reference = undefined;
    return (
      best && {
        from: this.#from,
        until: this.#until,
        timeSeconds: best.timeSeconds,
        look: best.look,
        minor: this.#until - this.#from < BRIEF || best.look.contrast < EMPTY,
      }
    );
  }
}
