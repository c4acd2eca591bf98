/** What is below and before one in a scene. */
import { Mesh, type Object3D, Raycaster, Vector3 } from "three";

/** Larger meshes take too long to be searched at each step; there the floor is flat. */
const MOST_TRIANGLES = 600_000;
const DOWN = new Vector3(0, -1, 0);

export interface Ground {
  /** @returns the height of the first surface under a point; undefined when there is none, or none is known */
  below(x: number, from: number, z: number): number | undefined;
  /** @param way 1 looks along Z, -1 against it. @returns how far it is to the first surface; Infinity when there is none */
  along(x: number, y: number, z: number, way: 1 | -1): number;
}

/** @param solids scenes that consist of surfaces */
export function groundOf(solids: readonly Object3D[]): Ground {
  const triangles = solids.reduce((sum, solid) => sum + trianglesOf(solid), 0);
  const raycaster = new Raycaster();
  const first = (from: Vector3, way: Vector3) => {
    if (triangles === 0 || triangles > MOST_TRIANGLES) return undefined;
    raycaster.set(from, way);
    return raycaster.intersectObjects([...solids], true)[0];
  };
  return {
    below: (x, from, z) => first(new Vector3(x, from, z), DOWN)?.point.y,
    along: (x, y, z, way) => first(new Vector3(x, y, z), new Vector3(0, 0, way))?.distance ?? Infinity,
  };
}

function trianglesOf(root: Object3D): number {
  let triangles = 0;
  root.traverse((object) => {
    if (!(object instanceof Mesh)) return;
    const { index, attributes } = object.geometry;
    triangles += (index?.count ?? attributes.position?.count ?? 0) / 3;
  });
  return triangles;
}
