/** The sample `garden`: a lawn, a house and two trees of coloured boxes. */
import { Document, NodeIO } from "@gltf-transform/core";

type Triple = readonly [number, number, number];

/** Middle of the ground side, size and colour (linear, 0 to 1), in metres; Y is up. */
const boxes: readonly (readonly [at: Triple, size: Triple, colour: Triple])[] = [
  [
    [0, -0.1, 0],
    [12, 0.1, 12],
    [0.13, 0.35, 0.09],
  ],
  [
    [0, 0, -3.5],
    [4, 2.4, 2.5],
    [0.75, 0.68, 0.5],
  ],
  [
    [0, 2.4, -3.5],
    [4.4, 0.5, 2.9],
    [0.4, 0.09, 0.05],
  ],
  [
    [0, 0, -2.22],
    [0.9, 1.9, 0.08],
    [0.16, 0.08, 0.04],
  ],
  [
    [0, 0.001, 1.2],
    [1, 0.02, 6.6],
    [0.45, 0.42, 0.36],
  ],
  [
    [-3.4, 0, 0.5],
    [0.3, 1.3, 0.3],
    [0.2, 0.1, 0.05],
  ],
  [
    [-3.4, 1.3, 0.5],
    [1.6, 1.6, 1.6],
    [0.06, 0.25, 0.07],
  ],
  [
    [3.6, 0, -0.6],
    [0.3, 1.6, 0.3],
    [0.2, 0.1, 0.05],
  ],
  [
    [3.6, 1.6, -0.6],
    [1.9, 2, 1.9],
    [0.08, 0.3, 0.06],
  ],
  [
    [1.6, 0, 1.5],
    [1.4, 0.35, 0.5],
    [0.5, 0.08, 0.18],
  ],
];

/** @returns the model as GLB; the same bytes each time */
export async function gardenModel(): Promise<Uint8Array> {
  const document = new Document();
  const buffer = document.createBuffer();
  const scene = document.createScene("garden");
  for (const [index, [at, size, colour]] of boxes.entries()) {
    const { positions, normals, indices } = boxOf(at, size);
    const accessor = (type: "VEC3" | "SCALAR", array: Float32Array<ArrayBuffer> | Uint16Array<ArrayBuffer>) =>
      document.createAccessor().setType(type).setArray(array).setBuffer(buffer);
    const material = document
      .createMaterial()
      .setBaseColorFactor([...colour, 1])
      .setRoughnessFactor(1)
      .setMetallicFactor(0);
    const primitive = document
      .createPrimitive()
      .setAttribute("POSITION", accessor("VEC3", positions))
      .setAttribute("NORMAL", accessor("VEC3", normals))
      .setIndices(accessor("SCALAR", indices))
      .setMaterial(material);
    scene.addChild(
      document.createNode(`box ${index}`).setMesh(document.createMesh().addPrimitive(primitive)),
    );
  }
  return new NodeIO().writeBinary(document);
}

function boxOf([x, y, z]: Triple, [width, height, depth]: Triple) {
  const corner = (side: readonly number[]) => [
    x + ((side[0] ?? 0) * width) / 2,
    y + (((side[1] ?? 0) + 1) * height) / 2,
    z + ((side[2] ?? 0) * depth) / 2,
  ];
  const positions: number[] = [];
  const normals: number[] = [];
  const indices: number[] = [];
  for (const axis of [0, 1, 2]) {
    for (const sign of [-1, 1]) {
      const [u, v] = [(axis + 1) % 3, (axis + 2) % 3];
      const first = positions.length / 3;
      for (const [a, b] of [
        [-1, -1],
        [1, -1],
        [1, 1],
        [-1, 1],
      ] as const) {
        const side = [0, 0, 0];
        side[axis] = sign;
        side[u] = a * sign; // turned with the side, so that each is seen from outside
        side[v] = b;
        positions.push(...corner(side));
        normals.push(...[0, 1, 2].map((n) => (n === axis ? sign : 0)));
      }
      indices.push(first, first + 1, first + 2, first, first + 2, first + 3);
    }
  }
  return {
    positions: new Float32Array(positions),
    normals: new Float32Array(normals),
    indices: new Uint16Array(indices),
  };
}
