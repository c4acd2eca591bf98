/** Gaussian splats in all five formats, drawn by Spark (docs/decisions). */
import { SparkRenderer as Renderer, type SparkRenderer, SplatFileType, SplatMesh } from "@sparkjsdev/spark";
import { Group, type Scene, type WebGLRenderer } from "three";
import { UnreadableModelError } from "../files/glb.ts";
import { middleBox } from "./middleBox.ts";
import type { Model, Studio } from "./model.ts";

const TYPES: Readonly<Record<string, SplatFileType>> = {
  ply: SplatFileType.PLY,
  spz: SplatFileType.SPZ,
  ksplat: SplatFileType.KSPLAT,
  splat: SplatFileType.SPLAT,
  sog: SplatFileType.PCSOGSZIP,
};

/** As many centres as are looked at for the box. */
const SAMPLED = 20_000;

/** @throws UnreadableModelError */
export async function splatModel(
  { name, bytes }: { readonly name: string; readonly bytes: ArrayBuffer },
  studio: Studio,
): Promise<Model> {
  const fileType = TYPES[name.slice(name.lastIndexOf(".") + 1).toLowerCase()];
  if (fileType === undefined) throw new UnreadableModelError("splats of an unknown format");
  const splats = new SplatMesh({ fileBytes: bytes, fileType, fileName: name });
  try {
    await splats.initialized;
    if (countOf(splats) === 0) throw new UnreadableModelError("no splats");
  } catch (error) {
    splats.dispose();
    throw error instanceof UnreadableModelError
      ? error
      : new UnreadableModelError("splats that can't be read", error);
  }
  const object = new Group().add(splats);
  const release = drawnBySpark(object, studio);
  return {
    object,
    box: boxOfSplats(splats),
    solid: false,
    async dispose() {
      await release();
      splats.dispose();
    },
  };
}

/** One of these draws all splats of a stage. */
const renderers = new WeakMap<WebGLRenderer, { readonly spark: SparkRenderer; users: number }>();

/** Sees that Spark draws in the scene that the object is in. @returns ends that */
function drawnBySpark(object: Group, { renderer, invalidate }: Studio): () => Promise<void> {
  const shared = renderers.get(renderer) ?? {
    spark: new Renderer({ renderer, onDirty: invalidate }),
    users: 0,
  };
  renderers.set(renderer, shared);
  shared.users += 1;
  const { spark } = shared;
  // The scene is known when the object is put into it.
  const join = () => sceneOf(object)?.add(spark);
  object.addEventListener("added", join);
  return async () => {
    object.removeEventListener("added", join);
    shared.users -= 1;
    if (shared.users > 0) return;
    renderers.delete(renderer);
    spark.removeFromParent();
    spark.sortDirty = false;
    await sorted(spark);
    spark.dispose();
  };
}

const ASKED_EACH_MS = 40;
const LONGEST_MS = 4_000;

/** Waits for a sort that is under way: ended in the middle, it fails where no one can catch it, or makes its worker again. */
async function sorted(spark: SparkRenderer): Promise<void> {
  for (let waited = 0; spark.sorting && waited < LONGEST_MS; waited += ASKED_EACH_MS)
    await new Promise((resolve) => setTimeout(resolve, ASKED_EACH_MS));
}

function sceneOf(object: Group): Scene | undefined {
  let root: Group["parent"] = object;
  while (root?.parent) root = root.parent;
  return root !== null && "isScene" in root ? (root as Scene) : undefined; // three.js's own mark of a scene
}

function countOf(splats: SplatMesh): number {
  return splats.splats?.getNumSplats() ?? splats.packedSplats?.numSplats ?? 0;
}

/** Splats have a few far away from the rest, which are no part of the place. */
function boxOfSplats(splats: SplatMesh) {
  const every = Math.max(1, Math.ceil(countOf(splats) / SAMPLED));
  const centres: [number, number, number][] = [];
  splats.forEachSplat((index, { x, y, z }) => {
    if (index % every === 0) centres.push([x, y, z]);
  });
  return middleBox(centres);
}
