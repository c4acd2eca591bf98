import { z } from "zod";
import { freeData, GIBIBYTE, type Kind, MEBIBYTE } from "./kind.ts";

/** A video of a place becomes a room that a person can stand in. */
export const scene: Kind = {
  name: "scene",
  purpose: "Turns a video of a place into a scene that can be walked through in VR.",
  params: z.strictObject({
    location: z.enum(["indoor", "outdoor", "unbound"]).default("unbound"),
  }),
  inputs: {
    video: {
      contentTypes: [
        "video/mp4",
        "video/quicktime",
        "video/x-m4v",
        "video/webm",
        "video/matroska",
        "video/3gpp",
        "video/3gpp2",
        "video/mpeg",
        "video/mp2t",
        "video/vnd.avi",
      ],
      maxBytes: 8 * GIBIBYTE,
    },
  },
  outputs: {
    "scene.glb": { contentTypes: ["model/gltf-binary"], maxBytes: 512 * MEBIBYTE, required: true },
    "poster.jpg": { contentTypes: ["image/jpeg"], maxBytes: 16 * MEBIBYTE, required: false },
  },
  result: freeData,
  becomes: { resource: true, vrRole: "scene" },
  maxAttempts: 3,
  backoff: { baseSeconds: 30, maxSeconds: 1800 },
  leaseCeilingSeconds: 6 * 3600,
  usualSeconds: 1800,
  weight: 1,
};
