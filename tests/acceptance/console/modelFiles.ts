/** Small valid models: a figure as VRM and as FBX, a wall with its picture beside it, and a set of MobileNeRF. */
import { Document, NodeIO } from "@gltf-transform/core";
import sharp from "sharp";

type Colour = readonly [number, number, number];

/** A picture of one colour. */
export function png({ size = 4, rgba }: { size?: number; rgba: readonly number[] }): Promise<Buffer> {
  const pixels = Buffer.from(Array.from({ length: size * size }, () => rgba).flat());
  return sharp(pixels, { raw: { width: size, height: size, channels: 4 } })
    .png()
    .toBuffer();
}

/** A box of one colour that stands on the ground. */
function addBox(document: Document, name: string, [width, height, depth]: Colour, colour: Colour) {
  const corners = [0, 1, 2, 3, 4, 5, 6, 7].map((n) => [
    (n & 1 ? 0.5 : -0.5) * width,
    n & 2 ? height : 0,
    (n & 4 ? 0.5 : -0.5) * depth,
  ]);
  const faces = [
    0, 1, 3, 0, 3, 2, 5, 4, 6, 5, 6, 7, 4, 0, 2, 4, 2, 6, 1, 5, 7, 1, 7, 3, 2, 3, 7, 2, 7, 6, 4, 5, 1, 4, 1,
    0,
  ];
  const buffer = document.getRoot().listBuffers()[0] ?? document.createBuffer();
  const positions = document
    .createAccessor()
    .setType("VEC3")
    .setArray(new Float32Array(corners.flat()))
    .setBuffer(buffer);
  const indices = document.createAccessor().setArray(new Uint16Array(faces)).setBuffer(buffer);
  const material = document
    .createMaterial(name)
    .setBaseColorFactor([...colour, 1])
    .setMetallicFactor(0)
    .setDoubleSided(true);
  const primitive = document
    .createPrimitive()
    .setAttribute("POSITION", positions)
    .setIndices(indices)
    .setMaterial(material);
  return document.createNode(name).setMesh(document.createMesh(name).addPrimitive(primitive));
}

/** A wall of 4 by 3 metres, two metres in front of the origin, with texture coordinates. */
function addWall(document: Document, name: string) {
  const buffer = document.getRoot().listBuffers()[0] ?? document.createBuffer();
  const accessor = (type: "VEC3" | "VEC2", values: readonly number[]) =>
    document.createAccessor().setType(type).setArray(new Float32Array(values)).setBuffer(buffer);
  const primitive = document
    .createPrimitive()
    .setAttribute("POSITION", accessor("VEC3", [-2, 0, -2, 2, 0, -2, 2, 3, -2, -2, 3, -2]))
    .setAttribute("TEXCOORD_0", accessor("VEC2", [0, 1, 1, 1, 1, 0, 0, 0]))
    .setIndices(
      document
        .createAccessor()
        .setArray(new Uint16Array([0, 1, 2, 0, 2, 3]))
        .setBuffer(buffer),
    );
  return {
    primitive,
    node: document.createNode(name).setMesh(document.createMesh(name).addPrimitive(primitive)),
  };
}

/** A figure of 1.6 metres. */
export async function figureGlb(colour: Colour = [0.1, 0.2, 0.8]): Promise<Uint8Array> {
  const document = new Document();
  document.createScene().addChild(addBox(document, "figure", [0.5, 1.6, 0.3], colour));
  return new NodeIO().writeBinary(document);
}

/** A GLB whose picture lies beside it, under a name that has to be encoded in a URI. */
export async function walledSet(): Promise<ReadonlyMap<string, Uint8Array>> {
  const document = new Document();
  const { primitive, node } = addWall(document, "wall");
  const texture = document
    .createTexture("paper")
    .setURI("wall paper.png")
    .setMimeType("image/png")
    .setImage(await png({ rgba: [20, 200, 60, 255] }));
  primitive.setMaterial(
    document.createMaterial().setBaseColorTexture(texture).setMetallicFactor(0).setDoubleSided(true),
  );
  document.createScene().addChild(node);
  const { json, resources } = await new NodeIO().writeJSON(document, { basename: "wall" });
  const [uri = ""] = (json.images ?? []).map((image) => image.uri ?? "");
  const picture = resources[uri] ?? Buffer.alloc(0);
  const bin = Object.entries(resources).find(([name]) => name.endsWith(".bin"))?.[1] ?? new Uint8Array();
  const image = { ...json.images?.[0], uri: "textures/wall%20paper.png" };
  const buffers = [{ byteLength: bin.length }];
  return new Map([
    ["wall.glb", glb({ ...json, images: [image], buffers }, bin)],
    ["wall paper.png", picture],
  ]);
}

/** Two shapes of a MobileNeRF: what is red of the network is the second feature, what is blue how far to the right one looks. */
export async function mobileNerfSet(): Promise<ReadonlyMap<string, Uint8Array>> {
  const document = new Document();
  const { node } = addWall(document, "shape0_0");
  const other = addWall(document, "shape1_0").node.setTranslation([0, 0, 5]);
  document.createScene().addChild(node).addChild(other);
  const rows = (inputs: number, outputs: number, set: readonly (readonly [number, number, number])[]) => {
    const all = Array.from({ length: inputs }, () => Array<number>(outputs).fill(0));
    for (const [input, output, value] of set) {
      const row = all[input];
      if (row !== undefined) row[output] = value;
    }
    return all;
  };
  const network = {
    obj_num: 2,
    // Feature 1, and the direction's x, which is input 8.
    "0_weights": rows(11, 16, [
      [1, 0, 1],
      [8, 1, 1],
    ]),
    "0_bias": Array(16).fill(0),
    "1_weights": rows(16, 16, [
      [0, 0, 1],
      [1, 1, 1],
    ]),
    "1_bias": Array(16).fill(0),
    "2_weights": rows(16, 3, [
      [0, 0, 12],
      [1, 2, 60],
    ]),
    "2_bias": [-6, -6, -6],
  };
  return new Map<string, Uint8Array>([
    ["scene_1.glb", await new NodeIO().writeBinary(document)],
    ["scene_1.json", Buffer.from(JSON.stringify({ objectData: { position: { x: 0, y: 0, z: 0 } } }))],
    ["scene_1_mlp.json", Buffer.from(JSON.stringify(network))],
    ["scene_1_shape0.pngfeat0.png", await png({ rgba: [255, 255, 0, 255] })],
    ["scene_1_shape0.pngfeat1.png", await png({ rgba: [0, 0, 0, 128] })],
    ["scene_1_shape1.pngfeat0.png", await png({ rgba: [255, 0, 0, 255] })],
    ["scene_1_shape1.pngfeat1.png", await png({ rgba: [0, 0, 0, 128] })],
  ]);
}

/** The bones that VRM 1.0 requires, with their parents. https://github.com/vrm-c/vrm-specification */
const BONES = [
  ["hips", undefined],
  ["spine", "hips"],
  ["head", "spine"],
  ...["left", "right"].flatMap((side) => [
    [`${side}UpperLeg`, "hips"],
    [`${side}LowerLeg`, `${side}UpperLeg`],
    [`${side}Foot`, `${side}LowerLeg`],
    [`${side}UpperArm`, "spine"],
    [`${side}LowerArm`, `${side}UpperArm`],
    [`${side}Hand`, `${side}LowerArm`],
  ]),
] as readonly (readonly [string, string | undefined])[];

export async function figureVrm(): Promise<Uint8Array> {
  const document = new Document();
  const scene = document.createScene().addChild(addBox(document, "body", [0.5, 1.6, 0.3], [0.8, 0.1, 0.6]));
  const nodes = new Map(BONES.map(([name]) => [name, document.createNode(name).setTranslation([0, 0.1, 0])]));
  for (const [name, parent] of BONES) {
    const node = nodes.get(name);
    if (node === undefined) continue;
    if (parent === undefined) scene.addChild(node);
    else nodes.get(parent)?.addChild(node);
  }
  const { json, resources } = await new NodeIO().writeJSON(document, {});
  const [bin = new Uint8Array()] = Object.values(resources);
  const humanBones = Object.fromEntries(
    BONES.map(([name]) => [name, { node: (json.nodes ?? []).findIndex((node) => node.name === name) }]),
  );
  const meta = { name: "A figure", authors: ["Reverie"], licenseUrl: "https://vrm.dev/licenses/1.0/" };
  const vrm = { specVersion: "1.0", meta, humanoid: { humanBones } };
  return glb(
    {
      ...json,
      buffers: [{ byteLength: bin.length }],
      extensionsUsed: ["VRMC_vrm"],
      extensions: { VRMC_vrm: vrm },
    },
    bin,
  );
}

/** A box of 160 units that are centimetres, as text. */
export function figureFbx(): Uint8Array {
  const vertices = [
    -25, 0, -15, 25, 0, -15, 25, 160, -15, -25, 160, -15, -25, 0, 15, 25, 0, 15, 25, 160, 15, -25, 160, 15,
  ];
  const faces = [0, 3, 2, -2, 4, 5, 6, -8, 0, 1, 5, -5, 1, 2, 6, -6, 2, 3, 7, -7, 3, 0, 4, -8];
  const property = (name: string, type: string, kind: string, ...values: number[]) =>
    `\t\tP: "${name}", "${type}", "${kind}", "",${values.join(",")}`;
  const text = `; FBX 7.3.0 project file
; ----------------------------------------------------

FBXHeaderExtension:  {
	FBXHeaderVersion: 1003
	FBXVersion: 7300
}
GlobalSettings:  {
	Version: 1000
	Properties70:  {
${property("UpAxis", "int", "Integer", 1)}
${property("UpAxisSign", "int", "Integer", 1)}
${property("UnitScaleFactor", "double", "Number", 1)}
	}
}

; Object properties
;------------------------------------------------------------------

Objects:  {
	Geometry: 1001, "Geometry::", "Mesh" {
		Vertices: *${vertices.length} {
			a: ${vertices.join(",")}
		}
		PolygonVertexIndex: *${faces.length} {
			a: ${faces.join(",")}
		}
		GeometryVersion: 124
	}
	Model: 2001, "Model::Figure", "Mesh" {
		Version: 232
		Properties70:  {
${property("Lcl Translation", "Lcl Translation", "", 0, 0, 0)}
		}
		Shading: T
		Culling: "CullingOff"
	}
	Material: 3001, "Material::Coat", "" {
		Version: 102
		ShadingModel: "lambert"
		MultiLayer: 0
		Properties70:  {
${property("DiffuseColor", "Color", "A", 0.9, 0.6, 0.1)}
		}
	}
}

; Object connections
;------------------------------------------------------------------

Connections:  {
	C: "OO",2001,0
	C: "OO",1001,2001
	C: "OO",3001,2001
}
`;
  return Buffer.from(text);
}

/** glTF 2.0, 4.4: a header, the JSON, and the binary part. */
function glb(json: object, bin: Uint8Array): Uint8Array {
  const chunk = (type: number, bytes: Uint8Array, fill: number) => {
    const padded = Buffer.alloc(Math.ceil(bytes.length / 4) * 4, fill);
    padded.set(bytes);
    const head = Buffer.alloc(8);
    head.writeUInt32LE(padded.length, 0);
    head.writeUInt32LE(type, 4);
    return Buffer.concat([head, padded]);
  };
  const chunks = [chunk(0x4e4f534a, Buffer.from(JSON.stringify(json)), 0x20), chunk(0x004e4942, bin, 0)];
  const head = Buffer.alloc(12);
  head.write("glTF", 0, "latin1");
  head.writeUInt32LE(2, 4);
  head.writeUInt32LE(12 + chunks.reduce((sum, { length }) => sum + length, 0), 8);
  return Buffer.concat([head, ...chunks]);
}
