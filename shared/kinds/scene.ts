import { z } from "zod";
import { videoTypes } from "../platform/media/mediaTypes.ts";
import { freeData, GIBIBYTE, type Kind, MEBIBYTE, poster } from "./kind.ts";

/** A mesh, or Gaussian splats. */
const MODELS = ["glb", "ply", "spz", "ksplat", "splat", "sog"] as const;

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
    model: { formats: MODELS, maxBytes: 2 * GIBIBYTE, count: { min: 1, max: 1 } },
    companion: {
      formats: [...MODELS, "json", "png", "jpeg", "webp", "ktx2", "bin"],
      maxBytes: 512 * MEBIBYTE,
      count: { min: 0, max: 64 },
    },
    poster,
  },
  result: freeData,
  vrRole: "scene",
  maxAttempts: 3,
  backoff: { baseSeconds: 30, maxSeconds: 1800 },
  leaseCeilingSeconds: 6 * 3600,
  usualSeconds: 1800,
  weight: 1,
};
