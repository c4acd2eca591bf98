import type { Document, Node } from "@gltf-transform/core";
import { type Colour, disc, linear, meshOf, shell } from "../gltf/mesh.ts";
import type { Unlit } from "../gltf/unlit.ts";

/** Where the video was filmed, as the family says; `unbound` when it fits neither. */
export type Location = "indoor" | "outdoor" | "unbound";

export interface Surroundings {
  /** Distance of the pictures from the viewer, in metres. */
  readonly radius: number;
  /** The mat around each picture. */
  readonly mat: Colour;
  readonly floor: Colour;
  readonly floorRadius: number;
  /** What encloses the viewer, from the ground up. */
  readonly shell: readonly { readonly radius: number; readonly height: number; readonly colour: Colour }[];
}

/** A shell's last ring, small enough to look closed and large enough not to be a point, which would make empty triangles. */
const APEX = 0.01;

export const surroundings: Readonly<Record<Location, Surroundings>> = {
  indoor: {
    radius: 3,
    mat: linear("#fbf7f0"),
    floor: linear("#8d6b4f"),
    floorRadius: 3.4,
    shell: [
      { radius: 3.4, height: 0, colour: linear("#b9a38c") },
      { radius: 3.4, height: 0.12, colour: linear("#e8dccb") },
      { radius: 3.4, height: 3.2, colour: linear("#f1e8da") },
      { radius: APEX, height: 3.2, colour: linear("#fffdf8") },
    ],
  },
  outdoor: {
    radius: 5,
    mat: linear("#ffffff"),
    floor: linear("#6f9a53"),
    floorRadius: 40,
    shell: sky(40, ["#dcebf5", "#b5d8f2", "#86bdec", "#5b9fe0", "#3d7fc4"]),
  },
  unbound: {
    radius: 4,
    mat: linear("#e6e8f2"),
    floor: linear("#39405a"),
    floorRadius: 25,
    shell: sky(25, ["#59628a", "#454d78", "#333a63", "#262b4e", "#1b1f3b"]),
  },
};

/** A half sphere, its colours from the horizon to the zenith. */
function sky(radius: number, colours: readonly string[]): Surroundings["shell"] {
  return colours.map((colour, index) => {
    const elevation = ((index / (colours.length - 1)) * Math.PI) / 2;
    return {
      radius: Math.max(APEX, radius * Math.cos(elevation)),
      height: radius * Math.sin(elevation),
      colour: linear(colour),
    };
  });
}

/** The floor and what encloses the room, as nodes. */
export function surroundingNodes(document: Document, unlit: Unlit, place: Surroundings): readonly Node[] {
  const plain = (name: string, colour: Colour) =>
    unlit.apply(document.createMaterial(name).setBaseColorFactor([...colour, 1]));
  return [
    document
      .createNode("Floor")
      .setMesh(meshOf(document, "Floor", disc(place.floorRadius, 0), plain("Floor", place.floor))),
    document
      .createNode("Surroundings")
      .setMesh(meshOf(document, "Surroundings", shell(place.shell), plain("Surroundings", [1, 1, 1]))),
  ];
}
