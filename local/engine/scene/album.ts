import { difference } from "./look.ts";
import { NEW_VIEW, type View } from "./views.ts";

/** A view and whatever was made of its sharpest picture. */
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
  /** In order of time. */
  #leaves: Leaf<Picture>[] = [];

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  add(view: View, picture: Picture): void {
    const leaf = { view, picture };
    const seenBefore = this.#leaves.find(
      (earlier) => difference(earlier.view.look.grid, view.look.grid, NEW_VIEW) <= NEW_VIEW,
    );
    if (seenBefore) {
      this.#replace([seenBefore, leaf], better(seenBefore, leaf));
      return;
    }
    this.#leaves.push(leaf);
    if (this.#leaves.length > this.#capacity) this.#dropOne(this.#leaves);
  }

  /** At most `count` leaves in order of time: minor ones only if there is no other. At least one if anything was added. */
  leaves(count: number): readonly Leaf<Picture>[] {
    const major = this.#leaves.filter((leaf) => !leaf.view.minor);
    this.#leaves = major.length > 0 ? major : this.#leaves;
    while (this.#leaves.length > Math.max(1, count)) this.#dropOne(this.#leaves);
    return this.#leaves.toSorted((one, other) => one.view.timeSeconds - other.view.timeSeconds);
  }

  /** Lets go of a minor leaf, or else of the less sharp of the two that look most alike. */
  #dropOne(leaves: readonly Leaf<Picture>[]): void {
    const minor = leaves.find((leaf) => leaf.view.minor);
    if (minor) {
      this.#replace([minor]);
      return;
    }
    let closest: readonly [Leaf<Picture>, Leaf<Picture>] | undefined;
    let least = Number.POSITIVE_INFINITY;
    for (const [index, one] of leaves.entries()) {
      for (const other of leaves.slice(index + 1)) {
        const apart = difference(one.view.look.grid, other.view.look.grid);
        if (closest === undefined || apart < least) {
          closest = [one, other];
          least = apart;
        }
      }
    }
    if (closest) this.#replace(closest, better(...closest));
  }

  #replace(gone: readonly Leaf<Picture>[], instead?: Leaf<Picture>): void {
    this.#leaves = this.#leaves.filter((leaf) => !gone.includes(leaf));
    if (instead) this.#leaves.push(instead);
  }
}

function better<Picture>(one: Leaf<Picture>, other: Leaf<Picture>): Leaf<Picture> {
  if (one.view.minor !== other.view.minor) return one.view.minor ? other : one;
  return one.view.look.sharpness >= other.view.look.sharpness ? one : other;
}
