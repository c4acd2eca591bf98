/** A model as the stage shows it. */
import { Box3, type Material, Mesh, type Object3D, Texture, type WebGLRenderer } from "three";
import type { Box } from "./box.ts";

export interface Model {
  readonly object: Object3D;
  /** Around it, where it stands by itself. Some points far away may be left out. */
  readonly box: Box;
  /** Meshes that one can stand on. */
  readonly solid: boolean;
  /** Goes on by so many seconds; absent for a model that doesn't move. */
  readonly move?: (seconds: number) => void;
  /** Gives back all that it holds on the graphics card and in workers; a promise when that has to wait for what is under way. */
  readonly dispose: () => undefined | Promise<void>;
}

/** What models need of the stage they are made for. */
export interface Studio {
  readonly renderer: WebGLRenderer;
  /** Something changed that has to be drawn. */
  readonly invalidate: () => void;
}

export function boxOf(object: Object3D): Box {
  object.updateWorldMatrix(true, true);
  const { min, max } = new Box3().setFromObject(object);
  if (min.x > max.x) return { min: [0, 0, 0], max: [0, 0, 0] };
  return { min: [min.x, min.y, min.z], max: [max.x, max.y, max.z] };
}

/** Frees geometries, materials and their textures. three.js frees none of them by itself. */
export function disposeAll(root: Object3D): undefined {
  root.traverse((object) => {
    if (!(object instanceof Mesh)) return;
    object.geometry.dispose();
    const materials: Material[] = [object.material].flat();
    for (const material of materials) disposeMaterial(material);
    if ("skeleton" in object && hasDispose(object.skeleton)) object.skeleton.dispose();
  });
}

function disposeMaterial(material: Material): void {
  const uniforms =
    "uniforms" in material && typeof material.uniforms === "object"
      ? Object.values(material.uniforms ?? {})
      : [];
  const held: unknown[] = [
    ...Object.values(material),
    ...uniforms.map((uniform: unknown) =>
      typeof uniform === "object" && uniform !== null && "value" in uniform ? uniform.value : undefined,
    ),
  ];
  for (const value of held) {
    if (!(value instanceof Texture)) continue;
    value.dispose();
    const image: unknown = value.image;
    if (typeof ImageBitmap !== "undefined" && image instanceof ImageBitmap) image.close();
  }
  material.dispose();
}

function hasDispose(value: unknown): value is { dispose(): void } {
  return (
    typeof value === "object" && value !== null && "dispose" in value && typeof value.dispose === "function"
  );
}
