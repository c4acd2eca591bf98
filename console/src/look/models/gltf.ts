/** GLB and VRM. */
import { type VRM, VRMLoaderPlugin, VRMUtils } from "@pixiv/three-vrm";
import { AnimationMixer, LoadingManager, type Object3D } from "three";
import { MeshoptDecoder } from "three/examples/jsm/libs/meshopt_decoder.module.js";
import { DRACOLoader } from "three/examples/jsm/loaders/DRACOLoader.js";
import { type GLTF, GLTFLoader } from "three/examples/jsm/loaders/GLTFLoader.js";
import { urlModifier } from "../files/companions.ts";
import { UnreadableModelError } from "../files/glb.ts";
import { boxOf, disposeAll, type Model } from "./model.ts";

interface GltfFiles {
  readonly bytes: ArrayBuffer;
  /** Addresses of what it refers to, by name. */
  readonly addresses: ReadonlyMap<string, string>;
}

/** @throws UnreadableModelError */
export async function parseGltf({ bytes, addresses }: GltfFiles): Promise<GLTF> {
  const manager = new LoadingManager().setURLModifier(urlModifier(addresses));
  // The decoder is among the page's own files, so its addresses are not the model's.
  const draco = new DRACOLoader().setWorkerLimit(2);
  const loader = new GLTFLoader(manager)
    .setDRACOLoader(draco)
    .setMeshoptDecoder(MeshoptDecoder)
    .register((parser) => new VRMLoaderPlugin(parser));
  try {
    return await loader.parseAsync(bytes, "");
  } catch (error) {
    throw new UnreadableModelError("a GLB that can't be parsed", error);
  } finally {
    draco.dispose();
  }
}

/** @throws UnreadableModelError */
export async function gltfModel(files: GltfFiles): Promise<Model> {
  const gltf = await parseGltf(files);
  const vrm = vrmOf(gltf);
  return vrm === undefined ? plainModel(gltf) : vrmModel(vrm);
}

function plainModel({ scene, animations }: GLTF): Model {
  const move = animated(scene, animations);
  return {
    object: scene,
    box: boxOf(scene),
    solid: true,
    ...(move === undefined ? {} : { move }),
    dispose: () => disposeAll(scene),
  };
}

function vrmModel(vrm: VRM): Model {
  // Version 0 looks to the other side.
  VRMUtils.rotateVRM0(vrm);
  return {
    object: vrm.scene,
    box: boxOf(vrm.scene),
    solid: false,
    move: (seconds) => vrm.update(seconds),
    dispose() {
      VRMUtils.deepDispose(vrm.scene);
      return undefined;
    },
  };
}

/** The first of a model's own animations, played over and over. */
export function animated(
  object: Object3D,
  animations: GLTF["animations"],
): ((seconds: number) => void) | undefined {
  const [first] = animations;
  if (first === undefined) return undefined;
  const mixer = new AnimationMixer(object);
  mixer.clipAction(first).play();
  mixer.update(0);
  return (seconds) => mixer.update(seconds);
}

function vrmOf({ userData }: GLTF): VRM | undefined {
  // The plugin's promise: there for models that have the extension.
  return userData.vrm as VRM | undefined;
}
