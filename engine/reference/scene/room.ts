import { Document, type Material, type Node, NodeIO } from "@gltf-transform/core";
import { cylinderPanel, meshOf } from "../gltf/mesh.ts";
import { Unlit } from "../gltf/unlit.ts";
import { type Location, type Surroundings, surroundingNodes, surroundings } from "./surroundings.ts";

/** One picture to hang up. */
export interface RoomPicture {
  readonly jpeg: Buffer;
  readonly width: number;
  readonly height: number;
  /** When the video showed it. */
  readonly timeSeconds: number;
}

/** Where a panel hangs: azimuth clockwise from straight ahead (-z), in radians; angle it takes; bottom and top in metres. */
export interface Place {
  readonly azimuth: number;
  readonly angle: number;
  readonly bottom: number;
  readonly top: number;
}

/** Of a standing adult, in metres; the viewer stands on the origin and looks to -z. */
const EYE_HEIGHT = 1.6;
/** The most a picture may reach up and down from eye height without touching the floor. */
const REACH = 1.35;
/** Beside each picture, as a part of the room it is given. */
const GAP = 0.06;
/** A picture on its own doesn't wrap around the viewer. */
const WIDEST = (100 / 180) * Math.PI;
/** Few pictures stay side by side in front; more of them close the circle. */
const USUAL_STEP = Math.PI / 3;

/** glTF's (and OpenGL's) number for textures that don't repeat. */
const CLAMP_TO_EDGE = 33071;

/**
 * Where each panel hangs. In order of time clockwise (left to right for the viewer): up to five in an arc around straight ahead,
 * more in a full circle with the first straight ahead. Every panel keeps its picture's proportions.
 */
export function hang(
  pictures: readonly Pick<RoomPicture, "width" | "height">[],
  radius: number,
): readonly Place[] {
  const step = Math.min(USUAL_STEP, (2 * Math.PI) / pictures.length);
  const closed = pictures.length * USUAL_STEP > 2 * Math.PI - 1e-9;
  const first = closed ? 0 : (-step * (pictures.length - 1)) / 2;
  const room = pictures.length === 1 ? WIDEST : step;
  return pictures.map(({ width, height }, index) => {
    const angle = Math.min(room * (1 - GAP), (2 * REACH * (width / height)) / radius);
    const half = (angle * radius * (height / width)) / 2;
    return { azimuth: first + index * step, angle, bottom: EYE_HEIGHT - half, top: EYE_HEIGHT + half };
  });
}

/** A memory room: the pictures as curved panels around the viewer. Gives a binary glTF 2.0 file, metres, y up. */
export async function buildRoom(pictures: readonly RoomPicture[], location: Location): Promise<Uint8Array> {
  const document = new Document();
  const unlit = document.createExtension(Unlit).setRequired(false);
  const asset = document.getRoot().getAsset();
  asset.generator = "Reverie reference engine";
  const place = surroundings[location];
  const matMaterial = unlit.apply(document.createMaterial("Mat").setBaseColorFactor([...place.mat, 1]));
  const room = document.createNode("Memory room").setExtras({ location, eyeHeight: EYE_HEIGHT });
  for (const node of surroundingNodes(document, unlit, place)) room.addChild(node);
  for (const [index, where] of hang(pictures, place.radius).entries()) {
    const picture = pictures[index];
    if (picture) room.addChild(panelNode(document, unlit, { picture, where, place, matMaterial, index }));
  }
  room.addChild(viewerNode(document));
  const scene = document.createScene("Memory room").addChild(room);
  document.getRoot().setDefaultScene(scene);
  return await new NodeIO().registerExtensions([Unlit]).writeBinary(document);
}

interface Panel {
  readonly picture: RoomPicture;
  readonly where: Place;
  readonly place: Surroundings;
  readonly matMaterial: Material;
  readonly index: number;
}

function panelNode(document: Document, unlit: Unlit, panel: Panel): Node {
  const { picture, where, place, matMaterial, index } = panel;
  const name = `Picture ${index + 1}`;
  const material = document
    .createMaterial(name)
    .setBaseColorTexture(document.createTexture(name).setImage(picture.jpeg).setMimeType("image/jpeg"));
  material.getBaseColorTextureInfo()?.setWrapS(CLAMP_TO_EDGE).setWrapT(CLAMP_TO_EDGE);
  const surface = cylinderPanel(place.radius, where.angle, where.bottom, where.top);
  return document
    .createNode(name)
    .setMesh(meshOf(document, name, surface, unlit.apply(material)))
    .setRotation(aroundY(-where.azimuth))
    .setExtras({ timeSeconds: picture.timeSeconds, order: index + 1 })
    .addChild(matNode(document, panel, matMaterial));
}

/** A mat a little behind the picture and a little larger. */
function matNode(document: Document, { where, place, index }: Panel, material: Material): Node {
  const MARGIN = 0.025;
  const BEHIND = 0.02;
  const radius = place.radius + BEHIND;
  const angle = where.angle + (2 * MARGIN) / radius;
  const surface = cylinderPanel(radius, angle, where.bottom - MARGIN, where.top + MARGIN);
  const name = `Mat ${index + 1}`;
  return document.createNode(name).setMesh(meshOf(document, name, { ...surface, uvs: [] }, material));
}

/** Where the viewer's eyes begin, for players that take a camera from the file. */
function viewerNode(document: Document): Node {
  const camera = document
    .createCamera("Viewer")
    .setType("perspective")
    .setYFov((60 / 180) * Math.PI)
    .setZNear(0.05)
    .setZFar(200);
  return document.createNode("Viewer").setCamera(camera).setTranslation([0, EYE_HEIGHT, 0]);
}

/** A rotation around the y axis as a unit quaternion. */
function aroundY(angle: number): [number, number, number, number] {
  return [0, Math.sin(angle / 2), 0, Math.cos(angle / 2)];
}
