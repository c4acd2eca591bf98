/** Moving, turning and sizing by single keys. */
import { rotationOf, type Transform, turnsOf } from "./transform.ts";

/** Metres, degrees and factors; the larger ones with the shift key. */
const METRES = { small: 0.05, large: 0.5 };
const DEGREES = { small: 5, large: 30 };
const FACTOR = { small: 1.05, large: 1.3 };

const moves: Readonly<Record<string, readonly [number, number, number]>> = {
  ArrowLeft: [-1, 0, 0],
  ArrowRight: [1, 0, 0],
  ArrowUp: [0, 0, -1],
  ArrowDown: [0, 0, 1],
  PageUp: [0, 1, 0],
  PageDown: [0, -1, 0],
};
const turns: Readonly<Record<string, number>> = { ",": 1, "<": 1, ".": -1, ">": -1 };
const sizes: Readonly<Record<string, number>> = { "+": 1, "=": 1, "-": -1, _: -1 };

/**
 * What a key does to a transform.
 * @param key as `KeyboardEvent.key` names it
 * @returns undefined for a key that does nothing
 */
export function nudged(transform: Transform, key: string, isLarge: boolean): Transform | undefined {
  const by = isLarge ? "large" : "small";
  const move = moves[key];
  if (move !== undefined) {
    const [x, y, z] = transform.position;
    const [dx, dy, dz] = move;
    const metres = METRES[by];
    return { ...transform, position: [x + dx * metres, y + dy * metres, z + dz * metres] };
  }
  const turn = turns[key];
  if (turn !== undefined) {
    const now = turnsOf(transform.rotation);
    return { ...transform, rotation: rotationOf({ ...now, turn: now.turn + turn * DEGREES[by] }) };
  }
  const size = sizes[key];
  if (size === undefined) return undefined;
  const factor = FACTOR[by] ** size;
  const [x, y, z] = transform.scale;
  return { ...transform, scale: [x * factor, y * factor, z * factor] };
}
