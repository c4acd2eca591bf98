/** FBX, as figures come from tools for animation. */
import { LoadingManager } from "three";
import { FBXLoader } from "three/examples/jsm/loaders/FBXLoader.js";
import { TGALoader } from "three/examples/jsm/loaders/TGALoader.js";
import { urlModifier } from "../files/companions.ts";
import { UnreadableModelError } from "../files/glb.ts";
import { animated } from "./gltf.ts";
import { boxOf, disposeAll, type Model } from "./model.ts";
import { metresPerUnit } from "./units.ts";

/**
 * @param files.addresses of the pictures beside it, by name
 * @throws UnreadableModelError
 */
export async function fbxModel(files: {
  readonly bytes: ArrayBuffer;
  readonly addresses: ReadonlyMap<string, string>;
}): Promise<Model> {
  const manager = new LoadingManager().setURLModifier(urlModifier(files.addresses));
  manager.addHandler(/\.tga$/i, new TGALoader(manager));
  const pictures = picturesOf(manager);
  const object = parse(manager, files.bytes);
  await pictures;
  const { min, max } = boxOf(object);
  const said: unknown = object.userData.unitScaleFactor;
  object.scale.multiplyScalar(metresPerUnit(max[1] - min[1], typeof said === "number" ? said : undefined));
  const move = animated(object, object.animations);
  return {
    object,
    box: boxOf(object),
    solid: false,
    ...(move === undefined ? {} : { move }),
    dispose: () => disposeAll(object),
  };
}

function parse(manager: LoadingManager, bytes: ArrayBuffer) {
  try {
    return new FBXLoader(manager).parse(bytes, "");
  } catch (error) {
    throw new UnreadableModelError("an FBX that can't be parsed", error);
  }
}

/** Resolves when the pictures that were asked for while parsing are there, or failed: a figure without one is better than none. */
async function picturesOf(manager: LoadingManager): Promise<void> {
  let waiting = false;
  const done = new Promise<void>((resolve) => {
    manager.onStart = () => {
      waiting = true;
    };
    manager.onLoad = resolve;
  });
  // Parsing asks for all of them before this goes on.
  await Promise.resolve();
  if (waiting) await done;
}
