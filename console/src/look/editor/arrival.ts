/** Where someone stands who is put into a scene. */
import type { Placed } from "./composition.ts";
import { IDENTITY, type Transform, type Triple } from "./transform.ts";

/** Metres in front of where one enters, and between two people. */
const AHEAD = 2.2;
const APART = 0.9;

/**
 * In front of where one enters a scene, facing it, at the first place in a row where no one else is: the middle, then right and left in
 * turn.
 * @param entrance on the ground
 */
export function besideOthers(others: readonly Placed[], entrance: Readonly<Triple> = [0, 0, 0]): Transform {
  const [x, y, z] = entrance;
  for (let n = 0; ; n++) {
    const aside = n === 0 ? 0 : Math.ceil(n / 2) * APART * (n % 2 === 1 ? 1 : -1);
    const position: Triple = [x + aside, y, z - AHEAD];
    const isFree = others.every(({ transform }) => {
      const [ox, , oz] = transform.position;
      return Math.hypot(ox - position[0], oz - position[2]) > APART / 2;
    });
    if (isFree) return { ...IDENTITY, position };
  }
}
