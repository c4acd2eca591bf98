import { z } from "zod";
import { videoTypes } from "../platform/media/mediaTypes.ts";
import { freeData, GIBIBYTE, type Kind, MEBIBYTE } from "./kind.ts";

/** A video of a place becomes a room that a person can stand in. */
export const scene: Kind = {
  name: "scene",
  params: z.strictObject({
    location: z.enum(["indoor", "outdoor", "unbound"]).default("unbound"),
  }),
  inputs: {
    video: {
      contentTypes: Object.keys(videoTypes),
      maxBytes: 8 * GIBIBYTE,
    },
  },
  outputs: {
    "scene.glb": { contentTypes: ["model/gltf-binary"], maxBytes: 512 * MEBIBYTE, required: true },
    "poster.jpg": { contentTypes: ["image/jpeg"], maxBytes: 16 * MEBIBYTE, required: false },
  },
  result: freeData,
  vrRole: "scene",
  maxAttempts: 3,
  backoff: { baseSeconds: 30, maxSeconds: 1800 },
  leaseCeilingSeconds: 6 * 3600,
  usualSeconds: 1800,
  weight: 1,
};
