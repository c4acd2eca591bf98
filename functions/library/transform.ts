/** A position, a rotation and a scale in a VR video, as it may be sent and as it is stored. */
import { z } from "@hono/zod-openapi";

/** Farther than a person walks in VR; keeps coordinates in the range where a headset's 32-bit floats are exact to a millimetre. */
const FARTHEST_METRES = 10_000;
const UNIT_TOLERANCE = 1e-3;

const coordinate = z.number().min(-FARTHEST_METRES).max(FARTHEST_METRES);
const factor = z.number().min(0.001).max(1_000);

/** The generator writes `prefixItems` without saying how many there are, which JSON Schema reads as a list of any length. */
const listOfThree = (number: z.ZodNumber) =>
  z.tuple([number, number, number]).openapi({ minItems: 3, maxItems: 3 });
const listOfFour = (number: z.ZodNumber) =>
  z.tuple([number, number, number, number]).openapi({ minItems: 4, maxItems: 4 });

/** Three numbers, as a list or by name; a list from here on. */
const triple = (number: z.ZodNumber) =>
  z.union(
    [
      listOfThree(number),
      z.strictObject({ x: number, y: number, z: number }).transform((v): Triple => [v.x, v.y, v.z]),
    ],
    "expected [x, y, z] or {x, y, z}",
  );
const quaternion = z.union(
  [
    listOfFour(z.number()),
    z
      .strictObject({ x: z.number(), y: z.number(), z: z.number(), w: z.number() })
      .transform((q): Quaternion => [q.x, q.y, q.z, q.w]),
  ],
  "expected [x, y, z, w] or {x, y, z, w}",
);
type Triple = [number, number, number];
type Quaternion = [number, number, number, number];

/** As in glTF: metres, Y up, the quaternion x, y, z, w. One number as scale is meant for all three directions. */
export const givenTransform = z
  .strictObject({
    position: triple(coordinate),
    rotation: quaternion.refine(
      (q) => Math.abs(Math.hypot(...q) - 1) <= UNIT_TOLERANCE,
      "expected a unit quaternion",
    ),
    scale: z.union([triple(factor), factor.transform((s): Triple => [s, s, s])]),
  })
  .openapi("GivenTransform");

/** A transform as it is stored and answered. */
export const transformSchema = z
  .object({
    position: listOfThree(z.number()),
    rotation: listOfFour(z.number()),
    scale: listOfThree(z.number()),
  })
  .openapi("Transform");
