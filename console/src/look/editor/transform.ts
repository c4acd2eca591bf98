/** Positions, turns and sizes, as the API keeps them and as a person sets them. */
import type { components } from "../../api/schema.d.ts";

/** Metres, Y up, the quaternion x, y, z, w, as in glTF. */
export type Transform = components["schemas"]["Transform"];
export type Triple = [number, number, number];
type Quaternion = [number, number, number, number];

/** Turns in degrees. First about the upright axis, then tilted forward, then to the side. */
export interface Turns {
  readonly turn: number;
  readonly tilt: number;
  readonly lean: number;
}

export const IDENTITY: Transform = { position: [0, 0, 0], rotation: [0, 0, 0, 1], scale: [1, 1, 1] };

/** The API's limits: metres from the middle, and factors. */
export const FARTHEST = 10_000;
export const SMALLEST = 0.001;
export const LARGEST = 1_000;

const DEGREE = Math.PI / 180;

/** @see https://en.wikipedia.org/wiki/Conversion_between_quaternions_and_Euler_angles, for the order y, x, z */
export function rotationOf({ turn, tilt, lean }: Turns): Quaternion {
  const [cy, sy] = halves(turn);
  const [cx, sx] = halves(tilt);
  const [cz, sz] = halves(lean);
  return unit([
    cy * sx * cz + sy * cx * sz,
    sy * cx * cz - cy * sx * sz,
    cy * cx * sz - sy * sx * cz,
    cy * cx * cz + sy * sx * sz,
  ]);
}

/** The turns of a rotation, each above -180 to 180. Looking straight up or down, turn and lean are one; lean is then 0. */
export function turnsOf(rotation: readonly number[]): Turns {
  const [x = 0, y = 0, z = 0, w = 1] = rotation;
  const sine = Math.min(1, Math.max(-1, 2 * (w * x - y * z)));
  if (Math.abs(sine) > 0.999_999)
    return {
      turn: degrees(Math.atan2(-2 * (x * z - w * y), 1 - 2 * (y * y + z * z))),
      tilt: sine * 90,
      lean: 0,
    };
  return {
    turn: degrees(Math.atan2(2 * (x * z + w * y), 1 - 2 * (x * x + y * y))),
    tilt: degrees(Math.asin(sine)),
    lean: degrees(Math.atan2(2 * (x * y + w * z), 1 - 2 * (x * x + z * z))),
  };
}

/** A transform as the client's types give it, which count no numbers. */
export type Answered = { readonly [Part in keyof Transform]: readonly number[] };

/** The transform that the API takes: within its limits, a unit quaternion, and no number that JSON hasn't. */
export function storable({ position, rotation, scale }: Answered): Transform {
  return {
    position: triple(position.map((metres) => within(metres, -FARTHEST, FARTHEST, 0))),
    rotation: unit(rotation),
    scale: triple(scale.map((factor) => within(Math.abs(factor), SMALLEST, LARGEST, 1))),
  };
}

export function sameTransform(one: Transform, other: Transform): boolean {
  const close = (a: readonly number[], b: readonly number[]) =>
    a.every((value, at) => Math.abs(value - (b[at] ?? Number.NaN)) < 1e-6);
  return (
    close(one.position, other.position) &&
    close(one.scale, other.scale) &&
    // A quaternion and its negative are one rotation.
    (close(one.rotation, other.rotation) ||
      close(
        one.rotation.map((part) => -part),
        other.rotation,
      ))
  );
}

function halves(angle: number): [cosine: number, sine: number] {
  const half = (angle * DEGREE) / 2;
  return [Math.cos(half), Math.sin(half)];
}

function degrees(radians: number): number {
  return radians / DEGREE;
}

function within(value: number, least: number, most: number, otherwise: number): number {
  return Number.isFinite(value) ? Math.min(most, Math.max(least, value)) : otherwise;
}

function triple([x = 0, y = 0, z = 0]: readonly number[]): Triple {
  return [x, y, z];
}

function unit([x = 0, y = 0, z = 0, w = 0]: readonly number[]): Quaternion {
  const length = Math.hypot(x, y, z, w);
  return Number.isFinite(length) && length > 1e-9
    ? [x / length, y / length, z / length, w / length]
    : [0, 0, 0, 1];
}
