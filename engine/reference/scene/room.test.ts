import assert from "node:assert/strict";
import { before, test } from "node:test";
import type { Node } from "@gltf-transform/core";
import fc from "fast-check";
import sharp from "sharp";
import { faultsOf, readGlb } from "../testing/glb.ts";
import { buildRoom, hang, type RoomPicture } from "./room.ts";

let jpeg: Buffer;
before(async () => {
  jpeg = await sharp({ create: { width: 64, height: 36, channels: 3, background: "#886644" } })
    .jpeg()
    .toBuffer();
});
const pictures = (count: number, width = 64, height = 36): RoomPicture[] =>
  Array.from({ length: count }, (_, index) => ({ jpeg, width, height, timeSeconds: index * 2.5 }));

test("panels keep proportions, stay off the floor, don't overlap and go clockwise", () => {
  const sizes = fc.record({
    width: fc.integer({ min: 1, max: 4000 }),
    height: fc.integer({ min: 1, max: 4000 }),
  });
  fc.assert(
    fc.property(
      fc.array(sizes, { minLength: 1, maxLength: 12 }),
      fc.constantFrom(3, 4, 5),
      (shapes, radius) => {
        const places = hang(shapes, radius);
        assert.equal(places.length, shapes.length);
        for (const [index, { azimuth, angle, bottom, top }] of places.entries()) {
          const { width = 1, height = 1 } = shapes[index] ?? {};
          assert.ok(Math.abs((angle * radius) / (top - bottom) / (width / height) - 1) < 1e-6);
          assert.ok(bottom > 0.2 && top < 3);
          assert.ok(Math.abs((top + bottom) / 2 - 1.6) < 1e-9);
          const before = places[index - 1];
          if (before) assert.ok(azimuth - before.azimuth >= (angle + before.angle) / 2);
        }
        const [first, last] = [places[0], places.at(-1)];
        if (first && last && places.length > 1) {
          const around = 2 * Math.PI - (last.azimuth - first.azimuth);
          assert.ok(around >= (first.angle + last.angle) / 2 - 1e-9, "the circle closes without overlap");
        }
      },
    ),
  );
});

test("one picture hangs straight ahead, few in an arc, many in a circle", () => {
  const azimuths = (count: number) =>
    hang(pictures(count), 4).map(({ azimuth }) => Math.round((azimuth / Math.PI) * 180) + 0);
  assert.deepEqual(azimuths(1), [0]);
  assert.deepEqual(azimuths(3), [-60, 0, 60]);
  assert.deepEqual(azimuths(8), [0, 45, 90, 135, 180, 225, 270, 315]);
});

test("every panel faces the viewer, upright and not mirrored", async () => {
  const document = await readGlb(await buildRoom(pictures(7), "indoor"));
  const panels = document
    .getRoot()
    .listNodes()
    .filter((node) => node.getExtras().order !== undefined);
  assert.equal(panels.length, 7);
  for (const panel of panels) {
    const corners = worldPoints(panel);
    for (const { position, normal, uv } of corners) {
      const [x, , z] = position;
      assert.ok(normal[0] * x + normal[2] * z < 0, "the normal points to the viewer");
      const [outward, sideways] = [azimuthOf(position), azimuthOf(middleOf(corners))];
      const right = Math.sin(outward - sideways);
      assert.ok(
        Math.abs(right) < 1e-6 || right > 0 === uv[0] > 0.5,
        "u grows clockwise, to the viewer's right",
      );
      assert.equal(position[1] > 1.6, uv[1] < 0.5, "v grows downwards");
    }
    for (const [a, b, c] of triangles(panel)) {
      assert.ok(dot(cross(minus(b, a), minus(c, a)), a) < 0, "front faces look inwards");
    }
  }
});

test("the GLB is valid for any number of pictures; panels have the time of filming", async () => {
  for (const count of [1, 2, 5, 6, 12]) {
    const glb = await buildRoom(pictures(count), "outdoor");
    assert.deepEqual(await faultsOf(glb), []);
    const document = await readGlb(glb);
    const times = document
      .getRoot()
      .listNodes()
      .flatMap((node) => (node.getExtras().order === undefined ? [] : [node.getExtras().timeSeconds]));
    assert.deepEqual(
      times,
      pictures(count).map(({ timeSeconds }) => timeSeconds),
    );
  }
});

type Vector = readonly [number, number, number];

/** The panel's points with the node's turn applied, which is around the y axis only. */
function worldPoints(
  node: Node,
): readonly { position: Vector; normal: Vector; uv: readonly [number, number] }[] {
  const primitive = node.getMesh()?.listPrimitives()[0];
  const [positions, normals, uvs] = ["POSITION", "NORMAL", "TEXCOORD_0"].map((name) =>
    primitive?.getAttribute(name),
  );
  assert.ok(positions && normals && uvs);
  return Array.from({ length: positions.getCount() }, (_, index) => {
    const [u = 0, v = 0] = uvs.getElement(index, []);
    return {
      position: turned(node, positions.getElement(index, [])),
      normal: turned(node, normals.getElement(index, [])),
      uv: [u, v],
    };
  });
}

function turned(node: Node, [x = 0, y = 0, z = 0]: readonly number[]): Vector {
  const [, sine, , cosine] = node.getRotation();
  const angle = 2 * Math.atan2(sine, cosine);
  return [x * Math.cos(angle) + z * Math.sin(angle), y, -x * Math.sin(angle) + z * Math.cos(angle)];
}

function triangles(node: Node): readonly (readonly [Vector, Vector, Vector])[] {
  const points = worldPoints(node).map(({ position }) => position);
  const indices = [...(node.getMesh()?.listPrimitives()[0]?.getIndices()?.getArray() ?? [])];
  const at = (index: number): Vector => points[indices[index] ?? -1] ?? [0, 0, 0];
  return Array.from({ length: indices.length / 3 }, (_, face) => [
    at(3 * face),
    at(3 * face + 1),
    at(3 * face + 2),
  ]);
}

/** Clockwise from -z, as seen from above. */
const azimuthOf = ([x, , z]: Vector) => Math.atan2(x, -z);
const minus = (a: Vector, b: Vector): Vector => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
const dot = (a: Vector, b: Vector) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
const cross = (a: Vector, b: Vector): Vector => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0],
];
function middleOf(points: readonly { readonly position: Vector }[]): Vector {
  const sum = (axis: 0 | 1 | 2) =>
    points.reduce((total, { position }) => total + position[axis], 0) / points.length;
  return [sum(0), sum(1), sum(2)];
}
