/**
 * MobileNeRF: a mesh whose pictures hold features instead of colours; a small network makes a colour of each point's features and the
 * direction it is seen from. Here the network runs where the mesh is drawn, so that it is right for each eye of a headset. The original
 * viewer first draws features into pictures as large as the screen. The method is the paper's (see network.ts).
 */
import {
  ClampToEdgeWrapping,
  DoubleSide,
  GLSL3,
  Matrix4,
  Mesh,
  NearestFilter,
  type Object3D,
  ShaderMaterial,
  Texture,
} from "three";
import { UnreadableModelError } from "../files/glb.ts";
import { parseGltf } from "./gltf.ts";
import { boxOf, disposeAll, type Model } from "./model.ts";
import { type Layer, type Network, parseNetwork } from "./network.ts";

interface Files {
  readonly bytes: ArrayBuffer;
  readonly network: Blob;
  readonly features: readonly (readonly [Blob, Blob])[];
}

/** @throws UnreadableModelError */
export async function mobileNerfModel(files: Files): Promise<Model> {
  const network = parseNetwork(await jsonOf(files.network));
  const [{ scene }, textures] = await Promise.all([
    parseGltf({ bytes: files.bytes, addresses: new Map() }),
    Promise.all(files.features.map((pair) => Promise.all(pair.map(featureTexture)))),
  ]);
  const materials = textures.map(([first, second]) => materialOf(network, first, second, scene));
  let drawn = 0;
  for (const mesh of meshesOf(scene)) {
    const material = materials[shapeOf(mesh) ?? (materials.length === 1 ? 0 : -1)];
    disposeReplaced(mesh, material);
    if (material !== undefined) drawn += 1;
  }
  if (drawn === 0) throw new UnreadableModelError("no mesh belongs to a feature picture");
  return { object: scene, box: boxOf(scene), solid: false, dispose: () => disposeAll(scene) };
}

async function jsonOf(file: Blob): Promise<unknown> {
  try {
    return JSON.parse(await file.text());
  } catch (error) {
    throw new UnreadableModelError("a network that is no JSON", error);
  }
}

/** Features are numbers, not colours: they are taken as they are in the file. */
async function featureTexture(file: Blob): Promise<Texture> {
  const image = await createImageBitmap(file, {
    premultiplyAlpha: "none",
    colorSpaceConversion: "none",
  }).catch((error: unknown) => {
    throw new UnreadableModelError("a feature picture that can't be read", error);
  });
  const texture = new Texture(image);
  texture.magFilter = NearestFilter;
  texture.minFilter = NearestFilter;
  texture.wrapS = ClampToEdgeWrapping;
  texture.wrapT = ClampToEdgeWrapping;
  texture.generateMipmaps = false;
  texture.flipY = false;
  texture.needsUpdate = true;
  return texture;
}

function meshesOf(scene: Object3D): Mesh[] {
  const meshes: Mesh[] = [];
  scene.traverse((object) => {
    if (object instanceof Mesh) meshes.push(object);
  });
  return meshes;
}

/** The number in the name of a mesh, or of what it is part of, as in "shape3" or "shape3_7". */
function shapeOf(mesh: Object3D): number | undefined {
  for (let object: Object3D | null = mesh; object !== null; object = object.parent) {
    const [, shape] = /shape(\d+)/i.exec(object.name) ?? [];
    if (shape !== undefined) return Number(shape);
  }
  return undefined;
}

/** A mesh without features is not drawn: its own material has no meaning in such a set. */
function disposeReplaced(mesh: Mesh, material: ShaderMaterial | undefined): void {
  for (const old of [mesh.material].flat()) old.dispose();
  if (material === undefined) mesh.visible = false;
  else mesh.material = material;
}

function materialOf(
  network: Network,
  first: Texture | undefined,
  second: Texture | undefined,
  scene: Object3D,
): ShaderMaterial {
  const toScene = new Matrix4();
  const material = new ShaderMaterial({
    glslVersion: GLSL3,
    side: DoubleSide,
    vertexShader: VERTEX,
    fragmentShader: fragmentShader(network),
    uniforms: {
      features0: { value: first ?? null },
      features1: { value: second ?? null },
      toScene: { value: toScene },
      ...Object.fromEntries(
        network.flatMap((layer, index) => [
          [`weights${index}`, { value: layer.weights }],
          [`bias${index}`, { value: layer.bias }],
        ]),
      ),
    },
  });
  // Of all meshes that share it the last one's call counts, and all of them are in the same scene.
  material.onBeforeRender = () => {
    toScene.copy(scene.matrixWorld).invert();
  };
  return material;
}

/** The direction of view in the model's own directions, so that turning the model turns what it reflects. */
const VERTEX = /* glsl */ `
uniform mat4 toScene;
out vec2 at;
out vec3 seenFrom;
void main() {
  vec4 world = modelMatrix * vec4(position, 1.0);
  at = uv;
  seenFrom = (toScene * world).xyz - (toScene * vec4(cameraPosition, 1.0)).xyz;
  gl_Position = projectionMatrix * viewMatrix * world;
}`;

/**
 * One layer: `out` begins as the bias, and each input adds its column of weights.
 * @param input gives the GLSL of input j
 */
function layerGlsl(index: number, { inputs, groups }: Layer, input: (j: number) => string): string {
  const sums = Array.from({ length: groups }, (_, i) => {
    const terms = Array.from(
      { length: inputs },
      (_, j) => `${input(j)} * weights${index}[${j * groups + i}]`,
    );
    return `  vec4 sum${index}_${i} = bias${index}[${i}] + ${terms.join(" + ")};`;
  });
  return sums.join("\n");
}

function fragmentShader([first, second, third]: Network): string {
  const channel = "xyzw";
  const features = (j: number) =>
    j < 8 ? `f${j >> 2}.${channel[j & 3]}` : (["way.x", "-way.z", "way.y"][j - 8] ?? "0.0");
  const hidden = (index: number) => (j: number) => `max(sum${index}_${j >> 2}.${channel[j & 3]}, 0.0)`;
  const uniforms = [first, second, third].map(
    ({ inputs, groups }, index) =>
      `uniform vec4 weights${index}[${inputs * groups}];\nuniform vec4 bias${index}[${groups}];`,
  );
  return /* glsl */ `
precision highp float;
uniform sampler2D features0;
uniform sampler2D features1;
${uniforms.join("\n")}
in vec2 at;
in vec3 seenFrom;
layout(location = 0) out vec4 colour;
void main() {
  vec4 f0 = texture(features0, at);
  // The exporter writes 0 where the surface is not there.
  if (f0.r == 0.0) discard;
  vec4 f1 = texture(features1, at);
  // The exporter keeps alpha above one half, because some browsers lose colours under a low alpha.
  f0.a = f0.a * 2.0 - 1.0;
  f1.a = f1.a * 2.0 - 1.0;
  // The sets were trained with Z up.
  vec3 way = normalize(seenFrom);
${layerGlsl(0, first, features)}
${layerGlsl(1, second, hidden(0))}
${layerGlsl(2, third, hidden(1))}
  // The network was trained on colours as a screen shows them.
  colour = vec4(1.0 / (1.0 + exp(-sum2_0.rgb)), 1.0);
}`;
}
