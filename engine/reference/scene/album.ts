import { difference } from "./look.ts";
import { NEW_VIEW, type View } from "./views.ts";

/** A view and what was made of its sharpest picture. */
export interface Leaf<Picture> {
  readonly view: View;
  readonly picture: Picture;
}

/**
 * Keeps the pictures of the most different views and lets go of the others as they come, so that a long video takes no more memory
 * than a short one. A view that was there before (the camera panned back) is one leaf, with the sharper of both pictures.
 */
export class Album<Picture> {
  readonly #capacity: number;
  #leaves: Leaf<Picture>[] = [];
  readonly #distances = new Distances();

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** Whether `add` would keep this view, or already has a better picture of it: so that it needn't be developed. */
  wants(view: View): boolean {
    const earlier = this.#seenBefore(view);
    return earlier === undefined || isBetter(view, earlier.view);
  }

  add(view: View, picture: Picture): void {
    const earlier = this.#seenBefore(view);
    if (earlier && !isBetter(view, earlier.view)) return;
    if (earlier) this.#drop(earlier);
    this.#leaves.push({ view, picture });
    if (this.#leaves.length > this.#capacity) this.#dropOne();
  }

  /** At most `count` leaves in order of time: minor ones only if there is no other. At least one if anything was added. */
  leaves(count: number): readonly Leaf<Picture>[] {
    const major = this.#leaves.filter((leaf) => !leaf.view.minor);
    this.#leaves = major.length > 0 ? major : this.#leaves;
    while (this.#leaves.length > Math.max(1, count)) this.#dropOne();
    return this.#leaves.toSorted((one, other) => one.view.timeSeconds - other.view.timeSeconds);
  }

  #seenBefore(view: View): Leaf<Picture> | undefined {
    return this.#leaves.find((leaf) => difference(leaf.view.look.grid, view.look.grid, NEW_VIEW) <= NEW_VIEW);
  }

  /** Lets go of a minor leaf, or else of the less good of the two that look most alike. */
  #dropOne(): void {
    const minor = this.#leaves.find((leaf) => leaf.view.minor);
    const worse = minor ?? this.#worseOfClosest();
    if (worse) this.#drop(worse);
  }

  #worseOfClosest(): Leaf<Picture> | undefined {
    let worse: Leaf<Picture> | undefined;
    let least = Number.POSITIVE_INFINITY;
    for (const [index, one] of this.#leaves.entries()) {
      for (const other of this.#leaves.slice(index + 1)) {
        const apart = this.#distances.between(one.view, other.view);
        if (worse !== undefined && apart >= least) continue;
        worse = isBetter(one.view, other.view) ? other : one;
        least = apart;
      }
    }
    return worse;
  }

  #drop(gone: Leaf<Picture>): void {
    this.#leaves = this.#leaves.filter((leaf) => leaf !== gone);
  }
}

function isBetter(one: View, other: View): boolean {
  return one.minor === other.minor ? one.look.sharpness > other.look.sharpness : other.minor;
}

/** Differences of views that stay in the album are asked for again and again. */
class Distances {
  readonly #known = new WeakMap<View, WeakMap<View, number>>();

  between(one: View, other: View): number {
    const row = this.#known.get(one) ?? new WeakMap<View, number>();
    this.#known.set(one, row);
    const apart = row.get(other) ?? difference(one.look.grid, other.look.grid);
    row.set(other, apart);
    return apart;
  }
}
