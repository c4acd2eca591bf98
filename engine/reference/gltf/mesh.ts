import type { Document, Material, Mesh } from "@gltf-transform/core";

/** Triangles under construction; positions in metres, y up. */
export interface Surface {
  readonly positions: number[];
  readonly normals: number[];
  /** Where a picture lies on it, from the upper left (0, 0) to the lower right (1, 1); empty for a plain surface. */
  readonly uvs: number[];
  /** Linear RGB of each point; empty for one colour. */
  readonly colours: number[];
  readonly indices: number[];
}

export const emptySurface = (): Surface => ({
  positions: [],
  normals: [],
  uvs: [],
  colours: [],
  indices: [],
});

/** Adds the surface to the document as a mesh of its own. */
export function meshOf(document: Document, name: string, surface: Surface, material: Material): Mesh {
  const buffer = document.getRoot().listBuffers()[0] ?? document.createBuffer();
  const accessor = (type: "VEC2" | "VEC3", numbers: readonly number[]) =>
    document.createAccessor().setType(type).setArray(Float32Array.from(numbers)).setBuffer(buffer);
  const primitive = document
    .createPrimitive()
    .setMaterial(material)
    .setAttribute("POSITION", accessor("VEC3", surface.positions))
    .setAttribute("NORMAL", accessor("VEC3", surface.normals))
    .setIndices(
      document
        .createAccessor()
        .setType("SCALAR")
        .setArray(Uint16Array.from(surface.indices))
        .setBuffer(buffer),
    );
  if (surface.uvs.length > 0) primitive.setAttribute("TEXCOORD_0", accessor("VEC2", surface.uvs));
  if (surface.colours.length > 0) primitive.setAttribute("COLOR_0", accessor("VEC3", surface.colours));
  return document.createMesh(name).addPrimitive(primitive);
}

/** A piece of a cylinder around the y axis, its middle at -z, seen from inside; the picture's left edge is the viewer's left. */
export function cylinderPanel(radius: number, angle: number, bottom: number, top: number): Surface {
  const steps = Math.max(2, Math.ceil(angle / (Math.PI / 48)));
  const surface = emptySurface();
  for (let step = 0; step <= steps; step++) {
    const u = step / steps;
    const azimuth = (u - 0.5) * angle;
    const [x, z] = [Math.sin(azimuth), -Math.cos(azimuth)];
    surface.positions.push(x * radius, bottom, z * radius, x * radius, top, z * radius);
    surface.normals.push(-x, 0, -z, -x, 0, -z);
    surface.uvs.push(u, 1, u, 0);
    if (step < steps) {
      const [low, high, nextLow, nextHigh] = [2 * step, 2 * step + 1, 2 * step + 2, 2 * step + 3];
      surface.indices.push(low, nextLow, nextHigh, low, nextHigh, high);
    }
  }
  return surface;
}

/**
 * An upright rectangle around the y axis with a front (to +z) and a back (to -z), each `half` away from the middle. From either side
 * the picture's left edge is on the left.
 */
export function card(width: number, bottom: number, top: number, half: number): Surface {
  const surface = emptySurface();
  for (const side of [1, -1]) {
    const first = surface.positions.length / 3;
    const [left, right] = [(-side * width) / 2, (side * width) / 2];
    const z = side * half;
    surface.positions.push(left, bottom, z, right, bottom, z, right, top, z, left, top, z);
    surface.normals.push(0, 0, side, 0, 0, side, 0, 0, side, 0, 0, side);
    surface.uvs.push(0, 1, 1, 1, 1, 0, 0, 0);
    surface.indices.push(first, first + 1, first + 2, first, first + 2, first + 3);
  }
  return surface;
}

/**
 * A disc that looks up, lying at `height`. Its rings halve towards the middle: long triangles that pass under the camera lose their
 * depth to rounding in some renderers.
 */
export function disc(radius: number, height: number, points = 48): Surface {
  const RINGS = 7;
  const surface = emptySurface();
  surface.positions.push(0, height, 0);
  surface.normals.push(0, 1, 0);
  for (let ring = 0; ring < RINGS; ring++) {
    const away = radius / 2 ** (RINGS - 1 - ring);
    for (let point = 0; point < points; point++) {
      const angle = (2 * Math.PI * point) / points;
      surface.positions.push(away * Math.cos(angle), height, -away * Math.sin(angle));
      surface.normals.push(0, 1, 0);
      const next = (point + 1) % points;
      const [outer, outerNext] = [1 + ring * points + point, 1 + ring * points + next];
      const [inner, innerNext] = [outer - points, outerNext - points];
      if (ring === 0) surface.indices.push(0, outer, outerNext);
      else surface.indices.push(inner, outer, outerNext, inner, outerNext, innerNext);
    }
  }
  return surface;
}

/**
 * A surface of revolution around the y axis seen from inside, from its lowest ring to its highest; each ring has its colour.
 * A wall is two rings, a sky many.
 */
export function shell(
  rings: readonly { readonly radius: number; readonly height: number; readonly colour: Colour }[],
  points = 48,
): Surface {
  const surface = emptySurface();
  for (const [index, ring] of rings.entries()) {
    for (let point = 0; point <= points; point++) {
      const angle = (2 * Math.PI * point) / points;
      const [x, z] = [Math.sin(angle), -Math.cos(angle)];
      surface.positions.push(x * ring.radius, ring.height, z * ring.radius);
      surface.normals.push(-x, 0, -z);
      surface.colours.push(...ring.colour);
      if (point === points || index + 1 === rings.length) continue;
      const low = index * (points + 1) + point;
      const high = low + points + 1;
      surface.indices.push(low, low + 1, high + 1, low, high + 1, high);
    }
  }
  return surface;
}

/** Linear red, green and blue from 0 to 1. */
export type Colour = readonly [number, number, number];

/** An sRGB colour such as `#a0c4ff` in the linear values glTF asks for (IEC 61966-2-1). */
export function linear(hex: string): Colour {
  const channel = (from: number) => {
    const value = Number.parseInt(hex.slice(from, from + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return [channel(1), channel(3), channel(5)];
}
