/** Where a person stands in a scene, and how large their steps are. No metre is sure: some engines make scenes of any size. */
import type { Box } from "../models/box.ts";

/** In the scene's units, which are metres where the engine measured them. */
export interface Standing {
  readonly at: readonly [x: number, z: number];
  /** The floor's height there, as far as the box tells. */
  readonly floor: number;
  /** Of the eyes above the floor. */
  readonly eyes: number;
}

const EYES = 1.6;
/** Lower scenes than this are not in metres: no one could stand in them. */
const LEAST_ROOM = 1.2;

/**
 * A scene's origin is where its film was taken from, so one stands there, on the height of 0, unless the scene is elsewhere.
 * @param box around the scene
 */
export function standingIn({ min, max }: Box): Standing {
  const height = max[1] - min[1];
  const eyes = height >= LEAST_ROOM ? EYES : Math.max(height, 1e-3) * 0.5;
  const inside = min[0] <= 0 && max[0] >= 0 && min[2] <= 0 && max[2] >= 0;
  const middle = (axis: 0 | 2) => (min[axis] + max[axis]) / 2;
  // A wall or a front can't be stood in, but be looked at.
  const isFlat = max[2] - min[2] < eyes;
  const before = max[2] + Math.max(max[0] - min[0], height, eyes);
  const at: [number, number] = inside ? [0, 0] : [middle(0), isFlat ? before : middle(2)];
  // With the origin at the camera's height instead of the ground's, the floor is the lowest point.
  const floor = inside && min[1] <= 0.05 && min[1] > -0.6 && max[1] > 0 ? 0 : min[1];
  return { at, floor: height >= LEAST_ROOM ? floor : min[1], eyes };
}

/** Room around what is looked at. */
const MARGIN = 1.12;

/** Where to look at a box from, so that all of it is seen: a little from above and from the front. */
export function outsideOf(
  { min, max }: Box,
  view: { readonly fieldOfView: number; readonly aspect: number },
): { readonly eye: [number, number, number]; readonly target: [number, number, number] } {
  const [x, y, z] = [0, 1, 2].map((axis) => ((min[axis] ?? 0) + (max[axis] ?? 0)) / 2) as [
    number,
    number,
    number,
  ];
  const radius =
    Math.max(Math.hypot(...[0, 1, 2].map((axis) => (max[axis] ?? 0) - (min[axis] ?? 0))), 1e-3) / 2;
  const half = (view.fieldOfView * Math.PI) / 360;
  const narrow = Math.min(half, Math.atan(Math.tan(half) * view.aspect));
  const distance = (radius * MARGIN) / Math.sin(narrow);
  return { eye: [x + distance * 0.25, y + distance * 0.28, z + distance * 0.93], target: [x, y, z] };
}

/** How high a step a person takes without stopping, as a part of the eyes' height. */
const STEP = 0.3;

/**
 * Whether one walks on to a place, given what a look straight down there finds.
 * @param found the height of what is below the eyes; undefined where there is nothing
 * @returns the floor's height there; undefined when something stands in the way
 */
export function floorAt(
  from: { readonly floor: number; readonly eyes: number },
  found: number | undefined,
): number | undefined {
  if (found === undefined) return from.floor;
  const rise = found - from.floor;
  if (rise > from.eyes * STEP) return undefined;
  // Where the ground was not filmed there is a hole, not a cliff.
  return rise < -from.eyes ? from.floor : found;
}

/** In heights of the eyes: nearer than the first one sees nothing but a wall; from the second one sees what it belongs to. */
const TOO_NEAR = 1.6;
const WELL_SEEN = 3.2;

/**
 * How far to step back from a wall right ahead, so that one sees where one is.
 * @param free how far it is to what is ahead and behind
 */
export function stepBack(free: {
  readonly eyes: number;
  readonly ahead: number;
  readonly behind: number;
}): number {
  if (free.ahead > free.eyes * TOO_NEAR) return 0;
  return Math.max(0, Math.min(free.eyes * WELL_SEEN - free.ahead, free.behind - free.eyes));
}
