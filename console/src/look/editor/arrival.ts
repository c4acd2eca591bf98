/** Where someone stands who is put into a scene. */
import type { Placed } from "./composition.ts";
import { IDENTITY, type Transform } from "./transform.ts";

/** Metres in front of where one enters, and between two people. */
const AHEAD = 2.2;
const APART = 0.9;

/**
 * In front of where one enters a scene, facing it, at the first place in a row where no one else is: the middle, then right and left in
 * turn.
 */
export function besideOthers(others: readonly Placed[]): Transform {
  for (let n = 0; ; n++) {
    const x = Math.ceil(n / 2) * APART * (n % 2 === 1 ? 1 : -1);
    const isFree = others.every(({ transform: { position } }) => {
      const [ox, , oz] = position;
      return Math.hypot(ox - x, oz + AHEAD) > APART / 2;
    });
    if (isFree) return { ...IDENTITY, position: [x === 0 ? 0 : x, 0, -AHEAD] };
  }
}
