import { Document, type Node, NodeIO } from "@gltf-transform/core";
import { card, disc, linear, meshOf } from "../gltf/mesh.ts";
import { Unlit } from "../gltf/unlit.ts";
import type { Photo } from "./photo.ts";

export interface Figure {
  readonly body: Photo;
  readonly face: Photo;
  /** From the ground to the top of the body picture, in metres. */
  readonly heightMetres: number;
}

/** Height of the portrait, in metres: a little more than a life-size head. */
const PORTRAIT = 0.36;
/** Between body picture and portrait. */
const GAP = 0.05;
/** Around each picture. */
const BORDER = 0.015;
/** The foot lies this much above the ground, so that the two don't flicker through each other. */
const FOOT = 0.005;

/**
 * A life-size figure to place in a scene: the body picture stands on the ground in the middle, the portrait beside its head. Looks to
 * +z, as glTF's models do, and shows both pictures from behind too, not mirrored. Gives a binary glTF 2.0 file, metres, y up.
 */
export async function buildFigure(figure: Figure): Promise<Uint8Array> {
  const document = new Document();
  document.getRoot().getAsset().generator = "Reverie reference engine";
  const unlit = document.createExtension(Unlit);
  const { body, face, heightMetres } = figure;
  const bodyWidth = (heightMetres * body.width) / body.height;
  const faceWidth = (PORTRAIT * face.width) / face.height;
  const root = document
    .createNode("Figure")
    .setExtras({ heightMetres, widthMetres: bodyWidth })
    .addChild(foot(document, unlit, bodyWidth))
    .addChild(
      pictureCard(document, unlit, {
        name: "Body",
        photo: body,
        width: bodyWidth,
        height: heightMetres,
        lowerBorder: 0,
      }),
    )
    .addChild(
      pictureCard(document, unlit, {
        name: "Face",
        photo: face,
        width: faceWidth,
        height: PORTRAIT,
        lowerBorder: BORDER,
      }).setTranslation([bodyWidth / 2 + GAP + faceWidth / 2, heightMetres - PORTRAIT, 0]),
    );
  document.getRoot().setDefaultScene(document.createScene("Figure").addChild(root));
  return await new NodeIO().registerExtensions([Unlit]).writeBinary(document);
}

interface PictureCard {
  readonly name: string;
  readonly photo: Photo;
  readonly width: number;
  readonly height: number;
  /** Below the picture: none where it stands on the ground. */
  readonly lowerBorder: number;
}

/** A picture with its lower edge at the node's origin, on a border that is a little larger and a little behind on both sides. */
function pictureCard(
  document: Document,
  unlit: Unlit,
  { name, photo, width, height, lowerBorder }: PictureCard,
): Node {
  const CLAMP_TO_EDGE = 33071;
  const picture = document
    .createMaterial(name)
    .setBaseColorTexture(document.createTexture(name).setImage(photo.jpeg).setMimeType("image/jpeg"));
  picture.getBaseColorTextureInfo()?.setWrapS(CLAMP_TO_EDGE).setWrapT(CLAMP_TO_EDGE);
  const border = document.createMaterial(`${name} border`).setBaseColorFactor([...linear("#fdfcf9"), 1]);
  const borderSurface = card(width + 2 * BORDER, -lowerBorder, height + BORDER, 0.003);
  return document
    .createNode(name)
    .setMesh(meshOf(document, name, card(width, 0, height, 0.005), unlit.apply(picture)))
    .addChild(
      document
        .createNode(`${name} border`)
        .setMesh(meshOf(document, `${name} border`, { ...borderSurface, uvs: [] }, unlit.apply(border))),
    );
}

/** What a standing card needs in order not to seem to float. */
function foot(document: Document, unlit: Unlit, bodyWidth: number): Node {
  const material = document.createMaterial("Foot").setBaseColorFactor([...linear("#8a8f99"), 1]);
  const radius = Math.max(0.25, bodyWidth / 2);
  return document
    .createNode("Foot")
    .setMesh(meshOf(document, "Foot", disc(radius, FOOT), unlit.apply(material)));
}
