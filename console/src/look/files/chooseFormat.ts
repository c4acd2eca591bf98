/** How the files of a result are shown: by the model's ending, and by what lies beside it. */
import type { components } from "../../api/schema.d.ts";

export type ResultFile = components["schemas"]["Resource"]["files"][number];

/** What draws a model, with the files that are known to be needed beside it. */
export type Choice =
  /** Refers to its companions by name; which ones is known when it has been read. */
  | { readonly format: "gltf" | "vrm"; readonly model: ResultFile }
  /** Names its textures by the paths of the computer it was made on, so all pictures of the set are needed. */
  | { readonly format: "fbx"; readonly model: ResultFile; readonly pictures: readonly ResultFile[] }
  | { readonly format: "splats"; readonly model: ResultFile }
  | {
      readonly format: "mobilenerf";
      readonly model: ResultFile;
      readonly network: ResultFile;
      /** The two feature pictures of each shape, by its number. */
      readonly features: readonly (readonly [ResultFile, ResultFile])[];
    };

const SPLATS = new Set(["ply", "spz", "ksplat", "splat", "sog"]);
const PICTURES = new Set(["png", "jpg", "jpeg", "webp", "tga", "tif", "tiff", "bmp", "dds"]);
/** As MobileNeRF's exporter names them: `shape0.pngfeat0.png`, with something in front of it in sets of several scenes. */
const FEATURE = /shape(\d+)\.pngfeat([01])\.png$/i;

/** @returns undefined when there is no model of a format that can be shown */
export function chooseFormat(files: readonly ResultFile[]): Choice | undefined {
  const model = files.find(({ role }) => role === "model");
  if (model === undefined) return undefined;
  const ending = endingOf(model.name);
  if (ending === "glb") return mobileNerf(model, files) ?? { format: "gltf", model };
  if (ending === "vrm") return { format: "vrm", model };
  if (ending === "fbx") {
    return { format: "fbx", model, pictures: files.filter((file) => isPicture(file)) };
  }
  return SPLATS.has(ending) ? { format: "splats", model } : undefined;
}

function endingOf(name: string): string {
  return name.slice(name.lastIndexOf(".") + 1).toLowerCase();
}

function isPicture({ role, name }: ResultFile): boolean {
  return role === "companion" && PICTURES.has(endingOf(name));
}

/** A mesh whose colours a network makes of two pictures of features. The set counts only when it is whole. */
function mobileNerf(model: ResultFile, files: readonly ResultFile[]): Choice | undefined {
  const network = files.find(({ role, name }) => role === "companion" && /(^|_)mlp\.json$/i.test(name));
  if (network === undefined) return undefined;
  const found = new Map<string, ResultFile>();
  for (const file of files) {
    const [, shape, part] = FEATURE.exec(file.name) ?? [];
    if (shape !== undefined) found.set(`${Number(shape)} ${part}`, file);
  }
  const features: [ResultFile, ResultFile][] = [];
  for (let shape = 0; ; shape++) {
    const first = found.get(`${shape} 0`);
    const second = found.get(`${shape} 1`);
    if (first === undefined || second === undefined) break;
    features.push([first, second]);
  }
  return features.length * 2 === found.size && features.length > 0
    ? { format: "mobilenerf", model, network, features }
    : undefined;
}
