import { z } from "zod";
import { photoTypes } from "../platform/media/mediaTypes.ts";
import { freeData, type Kind, MEBIBYTE, poster } from "./kind.ts";

/** A mesh with or without a skeleton, or Gaussian splats. */
const MODELS = ["glb", "vrm", "fbx", "ply", "spz", "ksplat", "splat", "sog"] as const;

const photo = {
  contentTypes: Object.keys(photoTypes),
  maxBytes: 64 * MEBIBYTE,
};

/** Two photos, of a face and of the body, become a standing figure. */
export const avatar: Kind = {
  name: "avatar",
  params: z.strictObject({
    gender: z.enum(["female", "male", "neutral"]).default("neutral"),
  }),
  inputs: { face: photo, body: photo },
  outputs: {
    model: { formats: MODELS, maxBytes: 512 * MEBIBYTE, count: { min: 1, max: 1 } },
    companion: {
      formats: [...MODELS, "json", "png", "jpeg", "webp", "ktx2", "bin", "tga", "tiff", "bmp", "dds"],
      maxBytes: 256 * MEBIBYTE,
      count: { min: 0, max: 64 },
    },
    poster,
  },
  result: freeData,
  vrRole: "avatar",
  maxAttempts: 3,
  backoff: { baseSeconds: 30, maxSeconds: 1800 },
  leaseCeilingSeconds: 2 * 3600,
  usualSeconds: 900,
  weight: 1,
};
